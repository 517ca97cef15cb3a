using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Faces;

/// <summary>Holds a read back until what its caller wrote is in the clusters.</summary>
internal sealed class RevisionGate(IGrainFactory grains, CollectionDirectory collections, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Completes when the collection contains the revision; DEADLINE_EXCEEDED shortly before the call's time is up.</summary>
    public async ValueTask WaitAsync(CollectionInfo collection, string minRevision, ServerCallContext context)
    {
        if (minRevision.Length == 0)
        {
            return;
        }

        var violations = new FieldViolations();
        var positions = RevisionToken.Decode(violations, "min_revision", minRevision, collection);
        if (violations.Any)
        {
            // Another gateway may know of a shard that is newer than the map here.
            violations = new FieldViolations();
            positions = RevisionToken.Decode(violations, "min_revision", minRevision, await collections.RefreshAsync(collection.Name));
        }

        violations.ThrowIfAny();
        if (positions.Count == 0 || !collection.Settings.Linking)
        {
            // Without clustering there is nothing to wait for: what is acknowledged is searchable.
            return;
        }

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        budget.CancelAfter(Budget(context.Deadline));
        try
        {
            await GrainCalls.RepeatAsync(
                async () =>
                {
                    await grains.GetGrain<IForestGrain>(collection.Name).WaitFor(positions, budget.Token).AsTask().WaitAsync(budget.Token);
                    return true;
                },
                budget.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException && !context.CancellationToken.IsCancellationRequested)
        {
            throw ApiError.Exception(
                StatusCode.DeadlineExceeded,
                ErrorReason.RevisionNotReached,
                "The revision was not reached in time; what was acknowledged is stored and searchable, but not yet clustered.",
                options.Value.RetryDelay);
        }
    }

    private TimeSpan Budget(DateTime deadline)
    {
        if (deadline == DateTime.MaxValue)
        {
            return options.Value.MaxRevisionWait;
        }

        var now = time.GetUtcNow().UtcDateTime;
        var left = CallTime.EndOfWait(deadline, now) - now;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
