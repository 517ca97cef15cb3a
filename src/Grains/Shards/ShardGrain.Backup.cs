using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Reading a shard out while it goes on, and putting what was read into another one. Links are not carried over: restored
/// faces look for their place like new ones, and the forest is a function of the set of faces.
/// </summary>
internal sealed partial class ShardGrain
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredBlock> ReadStored(long throughLsn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        using var reading = new StoreReading(throughLsn, new HashSet<FaceId>(_deletedIds), Settings.Dimension, ending.Token);
        var work = reading.RunAsync(_store!);
        try
        {
            await foreach (var block in reading.ReadAsync())
            {
                yield return block;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await work;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> Restore(StoredBlock block, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        CheckStored(block);
        using var writing = await EnterWithItemsAsync(cancellationToken);
        if (_queue.Count >= _options.MaxUnlinked)
        {
            throw new DomainException(DomainStatus.ResourceExhausted, "LINKING_BEHIND", "Too many faces of the shard wait to be clustered; repeat later.");
        }

        var camera = _table.Camera(block.Camera);
        IngestItem[] items = [.. block.Items.Select(static item => item.Item)];
        while (_committing.Find(camera, items) is { } earlier)
        {
            await Ended(earlier).WaitAsync(cancellationToken);
            ThrowIfClosed();
        }

        var fresh = 0u;
        for (var i = 0; i < items.Length; i++)
        {
            if (!_table.TryGetItem(camera, items[i].Sequence, out _))
            {
                CheckNew(block, block.Items[i]);
                fresh |= 1u << i;
            }
        }

        if (fresh == 0)
        {
            return 0;
        }

        var commit = CommitStoredAsync(camera, block, fresh, _lastCommit);
        _lastCommit = commit;
        var entry = _committing.Add(camera, items, fresh, commit);
        try
        {
            return await commit;
        }
        finally
        {
            _committing.Remove(entry);
        }
    }

    private async Task<int> CommitStoredAsync(int camera, StoredBlock block, uint fresh, Task previous)
    {
        var dimension = Settings.Dimension;
        var faces = block.Items.Sum(static item => item.Faces.Count(static face => !face.Deleted));
        var units = ArrayPool<float>.Shared.Rent(Math.Max(1, faces * dimension));
        try
        {
            var record = PrepareStored(block, fresh, units);
            var lsn = await Write(_store!.AppendAsync(record));
            await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Show(camera, record, units, lsn);
            return record.CountEmbeddings();
        }
        finally
        {
            ArrayPool<float>.Shared.Return(units);
        }
    }

    private ItemBlock PrepareStored(StoredBlock block, uint fresh, float[] units)
    {
        var dimension = Settings.Dimension;
        var given = MemoryMarshal.Cast<byte, float>(block.Embeddings.Span);
        var raw = new float[given.Length];
        var records = new List<ItemEntry>();
        var (source, target) = (0, 0);
        for (var i = 0; i < block.Items.Count; i++)
        {
            var stored = block.Items[i];
            if (!Has(fresh, i))
            {
                source += stored.Faces.Count(static face => !face.Deleted);
                continue;
            }

            var faces = new FaceEntry[stored.Faces.Count];
            for (var f = 0; f < faces.Length; f++)
            {
                var face = stored.Faces[f];
                if (face.Deleted)
                {
                    faces[f] = new FaceEntry(face.Id, null, 0, 0, FaceState.Deleted);
                    continue;
                }

                var vector = given.Slice(source++ * dimension, dimension);
                vector.CopyTo(raw.AsSpan(target * dimension));
                var magnitude = Similarity.Normalize(vector, units.AsSpan(target++ * dimension, dimension));
                if (!float.IsFinite(magnitude) || magnitude <= 0)
                {
                    throw Invalid("embeddings", $"The embedding of face {face.Id} has no finite, positive magnitude.");
                }

                faces[f] = new FaceEntry(
                    face.Id,
                    face.Box is { } box ? new EntryBox(box.Left, box.Top, box.Width, box.Height) : null,
                    face.DetectionScore,
                    magnitude);
            }

            records.Add(new ItemEntry
            {
                Sequence = stored.Item.Sequence,
                CapturedAtMicros = stored.Item.CaptureTimeMicros,
                PayloadDigest = stored.Item.PayloadDigest,
                Source = (EntrySource)stored.Item.Source,
                TrackId = stored.Item.TrackId,
                FacesOverLimit = stored.Item.FacesOverLimit,
                GapBefore = stored.GapBefore,
                Faces = faces,
            });
        }

        return new ItemBlock
        {
            Camera = block.Camera,
            Items = records,
            Embeddings = MemoryMarshal.AsBytes(raw.AsSpan(0, target * dimension)).ToArray(),
        };
    }

    private void CheckStored(StoredBlock block)
    {
        if (block.Items.Count is 0 or > MaxItems)
        {
            throw Invalid("items", $"A block has {block.Items.Count} items; 1 to {MaxItems} are allowed.");
        }

        if (block.Items.Select(static item => item.Item.Sequence).Distinct().Count() != block.Items.Count || block.Items.Any(static item => item.Item.Sequence < 0))
        {
            throw Invalid("items.sequence", "A sequence is negative or occurs twice in the block.");
        }

        var faces = block.Items.Sum(static item => item.Faces.Count(static face => !face.Deleted));
        var expected = (long)faces * Settings.Dimension * sizeof(float);
        if (block.Embeddings.Length != expected)
        {
            throw Invalid("embeddings", $"{faces} faces of {Settings.Dimension} floats need {expected} bytes; the block has {block.Embeddings.Length}.");
        }
    }

    /// <summary>An id leads to its shard by the camera's slot, and names one face.</summary>
    private void CheckNew(StoredBlock block, StoredItem item)
    {
        var slot = CameraSlot.Of(block.Camera);
        foreach (var face in item.Faces)
        {
            if (face.Id.Slot != slot)
            {
                throw Invalid("faces.id", $"The id {face.Id} is not of camera '{block.Camera}'.");
            }

            if (_table.TryGetFace(face.Id, out _))
            {
                throw Invalid("faces.id", $"The id {face.Id} occurs twice.");
            }
        }
    }
}
