using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using ClusterEvent = FaceCluster.V1.ClusterEvent;
using EventType = FaceCluster.V1.ClusterEvent.Types.Type;

namespace FaceCluster.Gateway.Clusters;

/// <summary>Follows the event feed of a collection for one client.</summary>
internal sealed class ClusterWatch(
    IGrainFactory grains, CollectionDirectory collections, IHostApplicationLifetime lifetime, IOptions<GatewayOptions> options)
{
    // A quiet feed still shows that the stream lives, and that the client is there.
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(10);

    public async Task RunAsync(WatchClustersRequest request, IServerStreamWriter<WatchClustersResponse> writer, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var (epoch, number) = WatchToken.Decode(request.ResumeToken, collection.Uid);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            while (true)
            {
                ending.Token.ThrowIfCancellationRequested();
                var (at, after) = (epoch, number);
                var batch = await GrainCalls.RepeatAsync(
                    async () => await grains.GetGrain<IForestGrain>(collection.Name).Watch(at, after, SignOfLife, ending.Token).AsTask().WaitAsync(ending.Token),
                    ending.Token);
                (epoch, number) = (batch.Epoch, batch.LastNumber);
                await writer.WriteAsync(
                    new WatchClustersResponse
                    {
                        Events = { batch.Events.Select(entry => ToWire(collection.Name, entry)) },
                        ResumeToken = WatchToken.Encode(collection.Uid, epoch, number),
                    },
                    context.CancellationToken);
            }
        }
        catch (Exception exception) when (lifetime.ApplicationStopping.IsCancellationRequested && exception is not RpcException)
        {
            throw ApiError.Exception(StatusCode.Unavailable, ErrorReason.Unavailable, "The server stops; resume with the last token.", options.Value.RetryDelay);
        }
    }

    private static ClusterEvent ToWire(string collection, Grains.ClusterEvent entry) => new()
    {
        Type = entry.Kind switch
        {
            ClusterEventKind.Resync => EventType.Resync,
            ClusterEventKind.Created => EventType.Created,
            ClusterEventKind.Changed => EventType.Changed,
            ClusterEventKind.Merged => EventType.Merged,
            ClusterEventKind.Split => EventType.Split,
            ClusterEventKind.Removed => EventType.Removed,
            _ => EventType.Unspecified,
        },
        Version = entry.Number,
        Cluster = Name(collection, entry.Cluster),
        OtherCluster = Name(collection, entry.Other),
        Size = entry.Size,
    };

    private static string Name(string collection, FaceId cluster) =>
        cluster.IsNone ? string.Empty : ResourceNames.Cluster(collection, cluster);
}
