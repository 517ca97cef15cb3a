using FaceCluster.V1;
using Grpc.Core;
using EventType = FaceCluster.V1.ClusterEvent.Types.Type;

namespace FaceCluster.Robustness.Checks;

/// <summary>Follows the events of a collection through all faults and checks that numbers have no gap and that they add up.</summary>
public sealed class WatchRecorder(string collection, IReadOnlyList<ClusterService.ClusterServiceClient> gateways)
{
    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);
    private string _token = string.Empty;
    private long _version;
    private bool _snapshot;

    /// <summary>What was wrong, in words.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Names that ever were a cluster.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>Sizes of the clusters by name as the events tell them.</summary>
    public IReadOnlyDictionary<string, long> Sizes => _sizes;

    /// <summary>How often the whole state was sent.</summary>
    public int Resyncs { get; private set; }

    /// <summary>Events seen.</summary>
    public long Events { get; private set; }

    /// <summary>Watches until told to stop, over whichever gateway answers.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        for (var attempt = 0; !stop.IsCancellationRequested; attempt++)
        {
            try
            {
                using var call = gateways[attempt % gateways.Count].WatchClusters(
                    new WatchClustersRequest { Parent = collection, ResumeToken = _token }, cancellationToken: stop);
                while (await NextAsync(call, stop))
                {
                    foreach (var change in call.ResponseStream.Current.Events)
                    {
                        Take(change);
                    }

                    _token = call.ResponseStream.Current.ResumeToken;
                }
            }
            catch (Exception error) when (error is RpcException or TimeoutException or OperationCanceledException)
            {
                await Task.Delay(200, CancellationToken.None);
            }
        }
    }

    private static async Task<bool> NextAsync(AsyncServerStreamingCall<WatchClustersResponse> call, CancellationToken stop)
    {
        // A sign of life comes every ten seconds; a gateway that is held up gives none.
        var next = call.ResponseStream.MoveNext(stop);
        return await next.WaitAsync(TimeSpan.FromSeconds(25), stop);
    }

    private void Take(ClusterEvent change)
    {
        Events++;
        if (change.Type == EventType.Resync)
        {
            _sizes.Clear();
            (_version, _snapshot) = (change.Version, true);
            Resyncs++;
            return;
        }

        if (_snapshot && change.Type == EventType.Created && change.Version == _version)
        {
            Names.Add(change.Cluster);
            _sizes[change.Cluster] = change.Size;
            return;
        }

        _snapshot = false;
        if (change.Version != _version + 1)
        {
            Violations.Add($"event {change.Version} follows {_version}");
        }

        _version = change.Version;
        Names.Add(change.Cluster);
        if (change.Type is EventType.Merged or EventType.Removed)
        {
            _sizes.Remove(change.Cluster);
        }
        else
        {
            _sizes[change.Cluster] = change.Size;
        }
    }
}
