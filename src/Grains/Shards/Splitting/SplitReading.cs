using System.Threading.Channels;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// The items of a shard that is split, from its store, without the embeddings of deleted faces. The store's thread waits
/// while the writer of the halves is behind.
/// </summary>
internal sealed class SplitReading(IReadOnlySet<FaceId> deleted, int dimension, CancellationToken cancellationToken) : IShardReplay
{
    private const int BlocksAhead = 64;
    private readonly Channel<ItemBlock> _blocks = Channel.CreateBounded<ItemBlock>(BlocksAhead);

    /// <summary>The blocks in the order in which they were stored.</summary>
    public IAsyncEnumerable<ItemBlock> Blocks => _blocks.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Reads the store; the blocks come while it runs. Yields the position up to which they go.</summary>
    public async Task<long> RunAsync(IShardStore store)
    {
        try
        {
            var through = await store.ReplayAsync(this, cancellationToken).ConfigureAwait(false);
            _blocks.Writer.Complete();
            return through;
        }
        catch (Exception error)
        {
            _blocks.Writer.Complete(error);
            throw;
        }
    }

    /// <inheritdoc/>
    public void OnAppend(long lsn, ItemBlock block)
    {
        var copy = Without(block, deleted, dimension);
        while (!_blocks.Writer.TryWrite(copy))
        {
            cancellationToken.ThrowIfCancellationRequested();

            // The replay calls on a thread of the store's own, which has nothing else to do.
            Thread.Sleep(1);
        }
    }

    /// <inheritdoc/>
    public void OnLinks(long lsn, LinkUpdate update)
    {
        // Links come from memory when the items are over: there they are final.
    }

    /// <inheritdoc/>
    public void OnDelete(long lsn, Deletion deletion)
    {
    }

    /// <summary>A copy that lasts, with the given faces marked deleted.</summary>
    public static ItemBlock Without(ItemBlock block, IReadOnlySet<FaceId> deleted, int dimension)
    {
        var rowBytes = dimension * sizeof(float);
        var rows = new byte[block.Embeddings.Length];
        var (source, target) = (0, 0);
        var items = new ItemEntry[block.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var faces = block.Items[i].Faces.ToArray();
            for (var f = 0; f < faces.Length; f++)
            {
                if (faces[f].State != FaceState.Stored)
                {
                    continue;
                }

                if (deleted.Contains(faces[f].Id))
                {
                    faces[f] = new FaceEntry(faces[f].Id, null, 0, 0, FaceState.Deleted);
                }
                else
                {
                    block.Embeddings.Slice(source, rowBytes).CopyTo(rows.AsMemory(target));
                    target += rowBytes;
                }

                source += rowBytes;
            }

            items[i] = block.Items[i] with { Faces = faces };
        }

        return new ItemBlock { Camera = block.Camera, Items = items, Embeddings = rows.AsMemory(0, target) };
    }
}
