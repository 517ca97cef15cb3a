using System.Threading.Channels;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Turns the replay of a store into a stream of blocks: items up to a position, without the embeddings of deleted faces.
/// The store's thread waits while the reader is behind, so no more than a few blocks are in memory.
/// </summary>
internal sealed class StoreReading(long throughLsn, IReadOnlySet<FaceId> deleted, int dimension, CancellationToken cancellationToken) : IShardReplay, IDisposable
{
    private const int BlocksAhead = 16;
    private readonly Channel<StoredBlock> _blocks = Channel.CreateUnbounded<StoredBlock>();
    private readonly SemaphoreSlim _room = new(BlocksAhead);

    /// <summary>Reads the store; the blocks come while it runs.</summary>
    public async Task RunAsync(IShardStore store)
    {
        try
        {
            await store.ReplayAsync(this, cancellationToken);
            _blocks.Writer.Complete();
        }
        catch (Exception error)
        {
            // The reader of the blocks gets it.
            _blocks.Writer.Complete(error);
        }
    }

    /// <summary>The blocks in the order in which they were stored.</summary>
    public async IAsyncEnumerable<StoredBlock> ReadAsync()
    {
        await foreach (var block in _blocks.Reader.ReadAllAsync(cancellationToken))
        {
            _room.Release();
            yield return block;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    /// <inheritdoc/>
    public void OnAppend(long lsn, ItemBlock block)
    {
        if (lsn > throughLsn)
        {
            return;
        }

        // The replay calls without a way to wait but this: its thread rests until the reader has taken a block.
        _room.Wait(cancellationToken);
        _blocks.Writer.TryWrite(Copy(block));
    }

    /// <inheritdoc/>
    public void OnLinks(long lsn, LinkUpdate update)
    {
    }

    /// <inheritdoc/>
    public void OnDelete(long lsn, Deletion deletion)
    {
    }

    private StoredBlock Copy(ItemBlock block)
    {
        var rowBytes = dimension * sizeof(float);
        var rows = new List<ReadOnlyMemory<byte>>();
        var source = 0;
        var items = new StoredItem[block.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            var item = block.Items[i];
            var faces = new StoredFace[item.Faces.Count];
            for (var f = 0; f < faces.Length; f++)
            {
                var face = item.Faces[f];
                var gone = face.State != FaceState.Stored || deleted.Contains(face.Id);
                if (face.State == FaceState.Stored)
                {
                    if (!gone)
                    {
                        rows.Add(block.Embeddings.Slice(source, rowBytes));
                    }

                    source += rowBytes;
                }

                faces[f] = gone
                    ? new StoredFace { Id = face.Id, Deleted = true }
                    : new StoredFace
                    {
                        Id = face.Id,
                        Box = face.Box is { } box ? new FaceBox(box.X, box.Y, box.Width, box.Height) : null,
                        DetectionScore = face.DetectionScore,
                        Magnitude = face.Magnitude,
                    };
            }

            items[i] = new StoredItem
            {
                Item = new IngestItem
                {
                    Sequence = item.Sequence,
                    CaptureTimeMicros = item.CapturedAtMicros,
                    TrackId = item.TrackId,
                    PayloadDigest = item.PayloadDigest,
                    Source = (ItemSource)item.Source,
                    FacesOverLimit = item.FacesOverLimit,
                },
                GapBefore = item.GapBefore,
                Faces = faces,
            };
        }

        var embeddings = new byte[rows.Count * rowBytes];
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row].CopyTo(embeddings.AsMemory(row * rowBytes));
        }

        return new StoredBlock { Camera = block.Camera, Items = items, Embeddings = embeddings };
    }
}
