using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Robustness.Faults;

/// <summary>Splits shards of the collection under test, as an operator who asks again while it does not succeed.</summary>
public sealed class ShardSplits(CallInvoker gateway, string collection)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ClusterAdminService.ClusterAdminServiceClient _admin = new(gateway);

    /// <summary>Begins to split the shard with most faces; yields the name of its silo and the work.</summary>
    public async Task<(string Silo, Task Done)> BeginAsync()
    {
        var started = DateTime.UtcNow;
        while (true)
        {
            try
            {
                var shards = await _admin.ListShardsAsync(new ListShardsRequest { Parent = collection }, deadline: DateTime.UtcNow.AddSeconds(10));
                if (shards.Shards.MaxBy(shard => shard.FaceCount) is { } largest)
                {
                    return (largest.Silo, SplitAsync(largest.Name));
                }
            }
            catch (RpcException) when (DateTime.UtcNow - started < Patience)
            {
                // Not reachable now.
            }

            await Task.Delay(200);
        }
    }

    private async Task SplitAsync(string shard)
    {
        for (var started = DateTime.UtcNow; DateTime.UtcNow - started < Patience;)
        {
            try
            {
                await _admin.SplitShardAsync(new SplitShardRequest { Name = shard }, deadline: DateTime.UtcNow.AddSeconds(20));
                return;
            }
            catch (RpcException)
            {
                // What a camera must not notice may well be refused to the operator: out of reach, under way, not divisible.
                await Task.Delay(500);
            }
        }
    }
}
