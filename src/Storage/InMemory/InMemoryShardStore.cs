using FaceCluster.Core;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.InMemory;

internal sealed class InMemoryShardStore(InMemoryShard shard, long epoch, Func<ShardName, ValueTask>? beforeCommit) : IShardStore
{
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;
    private Exception? _failure;
    private bool _disposed;

    public ShardName Shard => shard.Key;

    public int Dimension => shard.Dimension;

    public long Epoch => epoch;

    public ValueTask<long> AppendAsync(ItemBlock block) =>
        WriteAsync(RecordType.Append, buffer => RecordEncoder.Append(buffer, block, shard.Dimension));

    public ValueTask<long> ApplyLinksAsync(LinkUpdate update) =>
        WriteAsync(RecordType.Links, buffer => RecordEncoder.Links(buffer, update));

    public ValueTask<long> DeleteAsync(Deletion deletion) =>
        WriteAsync(RecordType.Delete, buffer => RecordEncoder.Delete(buffer, deletion));

    public ValueTask ReadEmbeddingsAsync(
        ReadOnlyMemory<FaceId> faces, Memory<float> destination, Memory<bool> found, CancellationToken cancellationToken = default)
    {
        ReadArguments.Check(faces.Length, destination.Length, found.Length, shard.Dimension);
        ThrowIfStopped();
        shard.Read(faces.Span, destination.Span, found.Span);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<long> ReplayAsync(IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ThrowIfStopped();
        return await Task.Run(() => shard.Replay(replay, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public Task CompactAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        return Task.Run(() => shard.Compact(epoch, cancellationToken), cancellationToken);
    }

    public ValueTask ConfirmAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        return ValueTask.CompletedTask;
    }

    public ShardStatistics GetStatistics() => shard.Statistics();

    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (_lock)
        {
            _disposed = true;
            last = _last;
        }

        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private ValueTask<long> WriteAsync(RecordType type, Func<RecordBuffer, int> encode)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var buffer = new RecordBuffer();
        try
        {
            var rows = encode(buffer);
            lock (_lock)
            {
                var write = CommitAsync(_last, type, rows, buffer);
                _last = write;
                return new ValueTask<long>(write);
            }
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    private async Task<long> CommitAsync(Task previous, RecordType type, int rows, RecordBuffer buffer)
    {
        using (buffer)
        {
            await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ThrowIfFailed();
            if (beforeCommit is not null)
            {
                try
                {
                    await beforeCommit(shard.Key).ConfigureAwait(false);
                }
                catch (Exception failure)
                {
                    _failure = failure;
                    ThrowIfFailed();
                }
            }

            return shard.Commit(epoch, type, rows, buffer.Written);
        }
    }

    private void ThrowIfStopped()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        shard.ThrowIfFenced(epoch);
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw new ShardFailedException(shard.Key, _failure);
        }
    }
}
