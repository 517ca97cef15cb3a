using FaceCluster.Storage;
using Orleans.Runtime.Placement;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Where the shard is, and whether it still is. A silo that was held up may have been declared dead and its shards opened
/// elsewhere: the store fences its writes; so that it does not answer reads from a state that is no longer the present
/// one, it asks the store on a timer and refuses calls while the last answer is too old.
/// </summary>
internal sealed partial class ShardGrain
{
    private long _confirmed;
    private bool _confirming;

    /// <inheritdoc/>
    public ValueTask Move(string silo)
    {
        ThrowIfClosed();
        SiloAddress target;
        try
        {
            target = SiloAddress.FromParsableString(silo);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or IndexOutOfRangeException)
        {
            throw new DomainException(DomainStatus.InvalidArgument, "INVALID_SILO", $"'{silo}' is not the address of a silo.", "silo");
        }

        // The runtime closes the activation, then opens it there; callers are held back in between.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, target);
        MigrateOnIdle();
        return default;
    }

    private void StartConfirming()
    {
        _confirmed = time.GetTimestamp();
        this.RegisterGrainTimer(
            static (grain, token) => grain.ConfirmAsync(token),
            this,
            new GrainTimerCreationOptions(_options.ConfirmPeriod, _options.ConfirmPeriod) { Interleave = true, KeepAlive = false });
    }

    private async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        if (_confirming || _closed is not null)
        {
            return;
        }

        _confirming = true;
        try
        {
            var asked = time.GetTimestamp();
            await _store!.ConfirmAsync(cancellationToken);
            _confirmed = asked;
        }
        catch (ShardFencedException error)
        {
            LogStoreLost(logger, _collection, _shard, error);
            _closed ??= Closed();
            DeactivateOnIdle();
        }
        catch (Exception error) when (error is ShardFailedException or ObjectDisposedException or OperationCanceledException)
        {
            // Not known: calls are refused when it stays so.
        }
        finally
        {
            _confirming = false;
        }
    }

    private void ThrowIfUnconfirmed()
    {
        if (_store is not null && time.GetElapsedTime(_confirmed) > _options.ConfirmPatience)
        {
            _ = ConfirmAsync(CancellationToken.None);
            throw new DomainException(
                DomainStatus.Unavailable, "SHARD_UNCONFIRMED", "The shard does not know at present whether another silo has it; repeat the call.");
        }
    }
}
