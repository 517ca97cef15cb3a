using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>The stores of the two shards that will take the place of one, while they are filled.</summary>
internal sealed class SplitHalves : IAsyncDisposable
{
    private const int WritesUnderWay = 32;
    private const int IdsPerDeletion = 10_000;
    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(5);

    private readonly IShardStore[] _stores;
    private readonly long[] _lsn = new long[2];
    private readonly int _cut;
    private bool _disposed;

    private SplitHalves(IShardStore left, IShardStore right, int cut) => (_stores, _cut) = ([left, right], cut);

    /// <summary>The position of the last record of the lower half.</summary>
    public long LeftLsn => Interlocked.Read(ref _lsn[0]);

    /// <summary>The position of the last record of the upper half.</summary>
    public long RightLsn => Interlocked.Read(ref _lsn[1]);

    /// <summary>Creates the two stores; their numbers are new, so there is nothing in them.</summary>
    public static async Task<SplitHalves> OpenAsync(
        IShardStoreFactory stores, string collection, ShardSplit split, int dimension, CancellationToken cancellationToken)
    {
        var left = await stores.OpenAsync(new ShardName(collection, split.Left), dimension, Empty.Instance, cancellationToken);
        try
        {
            return new SplitHalves(
                left, await stores.OpenAsync(new ShardName(collection, split.Right), dimension, Empty.Instance, cancellationToken), split.Cut);
        }
        catch
        {
            await left.DisposeAsync();
            throw;
        }
    }

    /// <summary>Copies what a store holds; yields the position up to which it was copied.</summary>
    public async Task<long> CopyAsync(IShardStore source, IReadOnlySet<FaceId> deleted, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = new SplitReading(deleted, source.Dimension, ending.Token);
        var work = reading.RunAsync(source);
        try
        {
            var writes = new Queue<Task>();
            await foreach (var block in reading.Blocks.ConfigureAwait(false))
            {
                writes.Enqueue(AppendAsync(block, ending.Token));
                if (writes.Count >= WritesUnderWay)
                {
                    await writes.Dequeue().ConfigureAwait(false);
                }
            }

            await Task.WhenAll(writes).ConfigureAwait(false);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await work.ConfigureAwait(false);
    }

    /// <summary>Stores blocks in their order.</summary>
    public async Task AppendAsync(IReadOnlyList<ItemBlock> blocks, CancellationToken cancellationToken)
    {
        foreach (var part in blocks.Chunk(WritesUnderWay))
        {
            await Task.WhenAll(part.Select(block => AppendAsync(block, cancellationToken))).ConfigureAwait(false);
        }
    }

    /// <summary>Stores states of links, each in the half that has the face.</summary>
    public async Task LinksAsync(IReadOnlyList<LinkEntry> lists, IReadOnlyList<FaceId> linked, IReadOnlyList<FaceId> waiting, CancellationToken cancellationToken)
    {
        for (var half = 0; half < 2; half++)
        {
            var update = new LinkUpdate
            {
                Changed = [.. lists.Where(list => HalfOf(list.Face.Slot) == half)],
                Linked = [.. linked.Where(id => HalfOf(id.Slot) == half)],
                Dirty = [.. waiting.Where(id => HalfOf(id.Slot) == half)],
            };
            if (update.Changed.Count + update.Linked.Count + update.Dirty.Count > 0)
            {
                await WriteAsync(half, store => store.ApplyLinksAsync(update), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Stores deletions in both halves, since each has to know deleted faces of everybody. Faces of the half itself are
    /// deleted there, unless they came as deleted.
    /// </summary>
    public async Task DeleteAsync(IReadOnlyList<FaceId> ids, IReadOnlySet<FaceId> cameDeleted, ShardRange range, CancellationToken cancellationToken)
    {
        for (var half = 0; half < 2; half++)
        {
            foreach (var part in ids.Chunk(IdsPerDeletion))
            {
                var own = part.Where(id => IsIn(range, id) && HalfOf(id.Slot) == half).ToArray();
                var deletion = new Deletion { Own = [.. own.Where(id => !cameDeleted.Contains(id))], Foreign = [.. part.Except(own)] };
                if (deletion.Own.Count + deletion.Foreign.Count > 0)
                {
                    await WriteAsync(half, store => store.DeleteAsync(deletion), cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await _stores[0].DisposeAsync();
            await _stores[1].DisposeAsync();
        }
    }

    private static bool IsIn(ShardRange range, FaceId id) => id.Slot >= range.FirstSlot && id.Slot < range.EndSlot;

    private int HalfOf(int slot) => slot < _cut ? 0 : 1;

    private Task AppendAsync(ItemBlock block, CancellationToken cancellationToken) =>
        WriteAsync(HalfOf(CameraSlot.Of(block.Camera)), store => store.AppendAsync(block), cancellationToken);

    private async Task WriteAsync(int half, Func<IShardStore, ValueTask<long>> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var lsn = await write(_stores[half]).ConfigureAwait(false);
                for (var known = Interlocked.Read(ref _lsn[half]); lsn > known; known = Interlocked.Read(ref _lsn[half]))
                {
                    Interlocked.CompareExchange(ref _lsn[half], lsn, known);
                }

                return;
            }
            catch (ShardBusyException)
            {
                await Task.Delay(BusyPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes nothing in.</summary>
    private sealed class Empty : IShardReplay
    {
        public static readonly Empty Instance = new();

        public void OnAppend(long lsn, ItemBlock block) => throw Unexpected();

        public void OnLinks(long lsn, LinkUpdate update) => throw Unexpected();

        public void OnDelete(long lsn, Deletion deletion) => throw Unexpected();

        private static InvalidOperationException Unexpected() => new("The store of a new shard is not empty.");
    }
}
