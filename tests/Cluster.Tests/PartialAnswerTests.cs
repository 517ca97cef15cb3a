using System.Runtime.InteropServices;
using FaceCluster.Robustness;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace FaceCluster.Cluster.Tests;

/// <summary>A silo is held up: what whole and partial answers say of its parts.</summary>
public sealed class PartialAnswerTests
{
    private static readonly float[] Asked = new People(9, 1).See(new Random(9));

    [Fact]
    public async Task Silo_out_of_reach_fails_whole_answers_by_the_names_of_its_shards_and_is_named_in_partial_ones()
    {
        // The others are not to take the held silo's shards over while it is asked about them.
        await using var cluster = await LoadedCluster.StartAsync(new ClusterShape { Silos = 3, Gateways = 1, ProbeTimeout = TimeSpan.FromMinutes(1) }, shards: 12);
        cluster.StartLoad();
        await cluster.ProgressAsync(100);
        using var channels = new Channels(cluster.Cluster.Addresses);
        var reads = new Reads(channels.First, cluster.Collection);
        await reads.EnrolAsync("seen");
        var shards = (await cluster.Admin.ListShardsAsync(
            new ListShardsRequest { Parent = cluster.Collection }, deadline: In(30), cancellationToken: TestContext.Current.CancellationToken)).Shards;
        string[] lost = [.. shards.Where(shard => shard.Silo == "silo-c").Select(shard => shard.Name)];
        Assert.Equal(4, lost.Length);
        var before = Names(await reads.SearchAsync(partial: false));
        Assert.NotEmpty(before);
        Assert.Empty((await reads.IdentifyAsync(partial: true)).Unreachable);

        await cluster.Cluster.Silos[2].HoldAsync(hold: true);
        var wholeSearch = FailureAsync(reads.SearchAsync(partial: false, seconds: 3));
        var wholeIdentification = FailureAsync(reads.IdentifyAsync(partial: false, seconds: 3));
        var partialSearch = reads.SearchAsync(partial: true);
        var partialIdentification = reads.IdentifyAsync(partial: true);
        var partialListing = reads.ListAsync(partial: true, seconds: 5);

        // Calls to a shard elsewhere may have gone by way of the silo that is held: then it is named, too.
        Assert.Subset((await wholeSearch).ToHashSet(), lost.ToHashSet());
        Assert.Subset((await wholeIdentification).ToHashSet(), lost.ToHashSet());
        Assert.Subset((await partialIdentification).Unreachable.ToHashSet(), lost.ToHashSet());
        var searched = await partialSearch;
        Assert.Subset(searched.Unreachable.ToHashSet(), lost.ToHashSet());
        Assert.Subset(Names(searched), before.Where(name => !IsOf(name, searched.Unreachable)).ToHashSet());
        Assert.DoesNotContain(Names(searched), name => IsOf(name, searched.Unreachable));

        // Its page asks one shard after the other, and waits ever less for each that is missing.
        var listed = await partialListing;
        Assert.Subset(listed.Unreachable.ToHashSet(), lost.ToHashSet());
        Assert.DoesNotContain(listed.Faces, face => IsOf(face.Name, listed.Unreachable));
        Assert.Subset(listed.Faces.Select(face => face.Name).ToHashSet(), before.Where(name => !IsOf(name, listed.Unreachable)).ToHashSet());

        // It goes on, and answers are whole again.
        await cluster.Cluster.Silos[2].HoldAsync(hold: false);
        SearchFacesResponse healed;
        do
        {
            healed = await reads.SearchAsync(partial: true);
        }
        while (healed.Unreachable.Count > 0);

        Assert.Subset(Names(healed), before);
        var candidates = (await reads.IdentifyAsync(partial: false)).Faces[0].Candidates;
        Assert.Contains(candidates, candidate => candidate.Identity.EndsWith("/seen", StringComparison.Ordinal));
        await cluster.CheckAsync();

        bool IsOf(string face, IEnumerable<string> names)
        {
            // The upper 12 bits of a face id are its slot.
            var slot = Convert.ToInt32(face.Split('/')[^1][..3], 16);
            return names.Contains(shards.Single(shard => slot >= shard.FirstSlot && slot < shard.EndSlot).Name);
        }
    }

    private static HashSet<string> Names(SearchFacesResponse answer) => [.. answer.Results[0].Matches.Select(match => match.Face.Name)];

    private static DateTime In(int seconds) => DateTime.UtcNow.AddSeconds(seconds);

    /// <summary>The names of the parts that a call failed by.</summary>
    private static async Task<string[]> FailureAsync<T>(Task<T> call)
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        var info = failure.GetRpcStatus()!.GetDetail<ErrorInfo>();
        Assert.Equal("PART_UNREACHABLE", info.Reason);
        return info.Metadata["unreachable"].Split(',');
    }

    private sealed class Reads(CallInvoker gateway, string collection)
    {
        private readonly FaceService.FaceServiceClient _faces = new(gateway);
        private readonly IdentityService.IdentityServiceClient _identities = new(gateway);

        private static FaceQuery Query => new()
        {
            Embedding = new Embedding { ModelId = ClusterUnderTest.ModelId, Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(Asked.AsSpan())) },
        };

        /// <summary>Gives the first face of a search a name.</summary>
        public async Task EnrolAsync(string identity)
        {
            var first = (await SearchAsync(partial: false)).Results[0].Matches[0].Face.Name;
            await _identities.CreateIdentityAsync(
                new CreateIdentityRequest { Parent = collection, IdentityId = identity, Identity = new Identity { DisplayName = identity }, Faces = { first } },
                deadline: In(30),
                cancellationToken: TestContext.Current.CancellationToken);
        }

        public async Task<SearchFacesResponse> SearchAsync(bool partial, int seconds = 30) => await _faces.SearchFacesAsync(
            new SearchFacesRequest { Parent = collection, Query = Query, MaxResults = 1000, AllowPartial = partial },
            deadline: In(seconds),
            cancellationToken: TestContext.Current.CancellationToken);

        public async Task<IdentifyFacesResponse> IdentifyAsync(bool partial, int seconds = 30) => await _identities.IdentifyFacesAsync(
            new IdentifyFacesRequest { Parent = collection, Query = Query, MinSimilarity = -1, AllowPartial = partial },
            deadline: In(seconds),
            cancellationToken: TestContext.Current.CancellationToken);

        public async Task<ListFacesResponse> ListAsync(bool partial, int seconds) => await _faces.ListFacesAsync(
            new ListFacesRequest { Parent = collection, PageSize = 1000, AllowPartial = partial },
            deadline: In(seconds),
            cancellationToken: TestContext.Current.CancellationToken);
    }
}
