namespace FaceCluster.Grains.Shards;

/// <summary>
/// Holds callers back for the moment in which a shard hands its faces over. Only sections that wait for nobody but the store
/// are counted, so that waiting for their end cannot wait for itself.
/// </summary>
internal sealed partial class ShardGrain
{
    private TaskCompletionSource? _hold;
    private TaskCompletionSource? _drained;
    private bool _holdReads;
    private int _writing;

    /// <summary>Begins a section that changes the shard; waits while writes are held back.</summary>
    private async ValueTask<WriteSection> EnterAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        while (_hold is { } hold)
        {
            await hold.Task.WaitAsync(cancellationToken);
            ThrowIfClosed();
        }

        _writing++;
        return new WriteSection(this);
    }

    /// <summary>The same for items, which also wait where a split cannot keep up with them.</summary>
    private async ValueTask<WriteSection> EnterWithItemsAsync(CancellationToken cancellationToken)
    {
        while (_mirror is { Room.IsCompleted: false } mirror)
        {
            await mirror.Room.WaitAsync(cancellationToken);
        }

        return await EnterAsync(cancellationToken);
    }

    /// <summary>Waits while the shard does not know whether it still has its faces: as long as one commit of the metadata takes.</summary>
    private async ValueTask ReadableAsync()
    {
        ThrowIfClosed();
        while (_holdReads && _hold is { } hold)
        {
            await hold.Task;
            ThrowIfClosed();
        }
    }

    /// <summary>Holds writes back; completes when none is under way.</summary>
    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        _hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (_writing > 0)
        {
            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _drained.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Lets everybody go on.</summary>
    private void Release()
    {
        var hold = _hold;
        (_hold, _holdReads) = (null, false);
        hold?.TrySetResult();
    }

    private readonly struct WriteSection(ShardGrain shard) : IDisposable
    {
        public void Dispose()
        {
            if (--shard._writing == 0)
            {
                shard._drained?.TrySetResult();
            }
        }
    }
}
