using System.Runtime.InteropServices;
using FaceCluster.Robustness;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.Cluster.Tests;

/// <summary>Shards are split while silos and gateways are at work, over PostgreSQL.</summary>
public sealed class ShardSplitTests
{
    [Fact]
    public async Task Shards_split_under_load_and_no_call_fails()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 1 }, shards: 2);
        cluster.StartLoad(cameras: 12);
        await cluster.ProgressAsync(200);

        for (var shard = 0; shard < 2; shard++)
        {
            var halves = await SplitAsync(cluster, shard);
            Assert.Equal(2, halves.Shards.Count);
            await cluster.ProgressAsync(50);
        }

        Assert.Empty(cluster.History.Failures);
        var shards = await cluster.Admin.ListShardsAsync(
            new ListShardsRequest { Parent = cluster.Collection }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["2", "3", "4", "5"], shards.Shards.Select(shard => shard.Name.Split('/')[^1]));
        await cluster.CheckAsync();
    }

    [Fact]
    public async Task Silo_killed_while_its_shards_are_split_nothing_is_lost()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 1 }, shards: 2);
        cluster.StartLoad(cameras: 12);
        await cluster.ProgressAsync(200);
        var splits = Enumerable.Range(0, 2).Select(shard => SplitPatientlyAsync(cluster, shard)).ToArray();
        await cluster.ProgressAsync(10);

        await cluster.Cluster.Silos[1].KillAsync();

        await Task.WhenAll(splits);
        await cluster.ProgressAsync(100);
        await cluster.CheckAsync();
    }

    [Fact]
    public async Task Written_through_one_gateway_is_read_through_the_other_with_its_revision()
    {
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 2, Gateways = 2 }, shards: 3);
        using var channels = new Channels(cluster.Cluster.Addresses);
        var random = new Random(3);
        var people = new People(3, 5);
        for (var round = 0; round < 10; round++)
        {
            var (writer, reader) = (channels.All[round % 2], channels.All[(round + 1) % 2]);
            var seen = people.See(random);
            var answer = await new IngestService.IngestServiceClient(writer).BatchCreateFacesAsync(
                new BatchCreateFacesRequest { Parent = cluster.Collection, Camera = $"door-{round}", Items = { People.Item(1, seen, random) } },
                cancellationToken: TestContext.Current.CancellationToken);
            var name = answer.Acknowledgements[0].Faces[0].Name;

            var found = await new FaceService.FaceServiceClient(reader).SearchFacesAsync(
                new SearchFacesRequest { Parent = cluster.Collection, Query = Query(seen), MaxResults = 1, MinRevision = answer.Revision },
                cancellationToken: TestContext.Current.CancellationToken);
            var clusters = await new ClusterService.ClusterServiceClient(reader).ListClusterMembersAsync(
                new ListClusterMembersRequest { Parent = found.Results[0].Matches[0].Face.Cluster, PageSize = 1000, MinRevision = answer.Revision },
                cancellationToken: TestContext.Current.CancellationToken);
            var listed = await new FaceService.FaceServiceClient(reader).ListFacesAsync(
                new ListFacesRequest { Parent = cluster.Collection, PageSize = 1000, MinRevision = answer.Revision },
                cancellationToken: TestContext.Current.CancellationToken);

            Assert.Equal(name, found.Results[0].Matches[0].Face.Name);
            Assert.Contains(clusters.Faces, face => face.Name == name);
            Assert.Contains(listed.Faces, face => face.Name == name && face.State == Face.Types.State.Clustered);

            // Through a gateway that does not know of it yet: the shard that was written to is split.
            if (round is 2 or 5)
            {
                var first = (await cluster.Admin.ListShardsAsync(
                    new ListShardsRequest { Parent = cluster.Collection }, cancellationToken: TestContext.Current.CancellationToken)).Shards.MaxBy(shard => shard.FaceCount)!;
                await cluster.Admin.SplitShardAsync(new SplitShardRequest { Name = first.Name }, cancellationToken: TestContext.Current.CancellationToken);
            }
        }
    }

    private static FaceQuery Query(float[] values) => new()
    {
        Embedding = new Embedding { ModelId = ClusterUnderTest.ModelId, Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) },
    };

    private static async Task<SplitShardResponse> SplitAsync(LoadedCluster cluster, int shard) => await cluster.Admin.SplitShardAsync(
        new SplitShardRequest { Name = $"{cluster.Collection}/shards/{shard}" },
        deadline: DateTime.UtcNow.AddSeconds(60),
        cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Asks again until the shard is split, as an operator does whose call failed.</summary>
    private static async Task SplitPatientlyAsync(LoadedCluster cluster, int shard)
    {
        while (true)
        {
            try
            {
                await SplitAsync(cluster, shard);
                return;
            }
            catch (RpcException exception) when (exception.StatusCode is StatusCode.Unavailable or StatusCode.FailedPrecondition or StatusCode.DeadlineExceeded or StatusCode.Aborted)
            {
                await Task.Delay(200, TestContext.Current.CancellationToken);
            }
        }
    }
}
