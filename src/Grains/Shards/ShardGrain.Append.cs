using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

internal sealed partial class ShardGrain
{
    /// <summary>Most items of a block.</summary>
    private const int MaxItems = 32;

    private readonly CommitsUnderWay _committing = new();
    private readonly Dictionary<int, long> _highestTaken = [];
    private Task _lastCommit = Task.CompletedTask;
    private long _lastVisibleLsn;

    /// <inheritdoc/>
    public async ValueTask<BlockAnswer> Append(IngestBlock block, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        Check(block);
        using var writing = await EnterWithItemsAsync(cancellationToken);
        if (_queue.Count >= _options.MaxUnlinked)
        {
            throw new DomainException(
                DomainStatus.ResourceExhausted,
                "LINKING_BEHIND",
                string.Create(CultureInfo.InvariantCulture, $"{_queue.Count} faces of the shard wait to be clustered, the limit is {_options.MaxUnlinked}; repeat later."));
        }

        var camera = _table.Camera(block.Camera);

        // A repeat may arrive while its first copy is being committed: it is answered by the same commit.
        while (_committing.Find(camera, block.Items) is { } earlier)
        {
            // Its failure is the first caller's; this one finds the item missing and stores it.
            await Ended(earlier).WaitAsync(cancellationToken);
            ThrowIfClosed();
        }

        var fresh = Fresh(camera, block);
        var gaps = Gaps(camera, block, fresh);
        if (fresh != 0)
        {
            var commit = CommitAsync(camera, block, fresh, gaps, _lastCommit);
            _lastCommit = commit;
            var entry = _committing.Add(camera, block.Items, fresh, commit);
            try
            {
                await commit;
            }
            finally
            {
                _committing.Remove(entry);
            }
        }

        return new BlockAnswer
        {
            Items = Answers(camera, block, fresh),
            Revision = new ShardRevision(_shard, _lastVisibleLsn),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ItemAnswer?>> Find(string camera, IReadOnlyList<long> sequences, IReadOnlyList<ulong> payloadDigests)
    {
        await ReadableAsync();
        var answers = new ItemAnswer?[sequences.Count];
        if (_table.TryGetCamera(camera, out var row))
        {
            for (var i = 0; i < answers.Length; i++)
            {
                if (_table.TryGetItem(row, sequences[i], out var item))
                {
                    answers[i] = AnswerKnown(item, payloadDigests[i]);
                }
            }
        }

        return answers;
    }

    /// <summary>The items that are not stored yet: bit i stands for item i.</summary>
    private uint Fresh(int camera, IngestBlock block)
    {
        var fresh = 0u;
        for (var i = 0; i < block.Items.Count; i++)
        {
            if (!_table.TryGetItem(camera, block.Items[i].Sequence, out _))
            {
                fresh |= 1u << i;
            }
        }

        return fresh;
    }

    private static bool Has(uint fresh, int item) => (fresh >> item & 1) != 0;

    /// <summary>The end of a task, however it ends.</summary>
    private static async Task Ended(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private void Check(IngestBlock block)
    {
        if (block.Items.Count is 0 or > MaxItems)
        {
            throw Invalid("items", $"A block has {block.Items.Count} items; 1 to {MaxItems} are allowed.");
        }

        var faces = 0;
        var highest = -1L;
        HashSet<long>? sequences = null;
        for (var i = 0; i < block.Items.Count; i++)
        {
            var item = block.Items[i];
            faces += item.Faces.Count;
            if (item.Sequence <= highest)
            {
                // Seldom: not in ascending order.
                sequences ??= [.. block.Items.Take(i).Select(static earlier => earlier.Sequence)];
            }

            if (item.Sequence < 0 || sequences?.Add(item.Sequence) == false)
            {
                throw Invalid("items.sequence", $"The sequence {item.Sequence} is negative or occurs twice in the block.");
            }

            highest = Math.Max(highest, item.Sequence);
        }

        var expected = (long)faces * Settings.Dimension * sizeof(float);
        if (block.Embeddings.Length != expected)
        {
            throw Invalid("embeddings", $"{faces} faces of {Settings.Dimension} floats need {expected} bytes; the block has {block.Embeddings.Length}.");
        }
    }

    private static DomainException Invalid(string field, string message) =>
        new(DomainStatus.InvalidArgument, "INVALID_BLOCK", message, field);

    /// <summary>
    /// Numbers skipped before each fresh item, counted against the highest number known, on its way to the disk or
    /// earlier in this block.
    /// </summary>
    private long[] Gaps(int camera, IngestBlock block, uint fresh)
    {
        var gaps = new long[block.Items.Count];
        var highest = Math.Max(_table.HighestSequence(camera), _highestTaken.GetValueOrDefault(camera, -1));
        for (var i = 0; i < gaps.Length; i++)
        {
            if (Has(fresh, i))
            {
                var sequence = block.Items[i].Sequence;
                gaps[i] = highest >= 0 && sequence > highest + 1 ? sequence - highest - 1 : 0;
                highest = Math.Max(highest, sequence);
            }
        }

        _highestTaken[camera] = highest;
        return gaps;
    }

    private async Task CommitAsync(int camera, IngestBlock block, uint fresh, long[] gaps, Task previous)
    {
        var dimension = Settings.Dimension;
        var faces = 0;
        for (var i = 0; i < block.Items.Count; i++)
        {
            faces += Has(fresh, i) ? block.Items[i].Faces.Count : 0;
        }

        var units = ArrayPool<float>.Shared.Rent(Math.Max(1, faces * dimension));
        try
        {
            var record = Prepare(block, fresh, gaps, faces, units);
            var lsn = await Write(_store!.AppendAsync(record));

            // Records become visible in the order of the log, so that "everything up to here" means what it says.
            await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            Show(camera, record, units, lsn);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(units);
        }
    }

    private ItemBlock Prepare(IngestBlock block, uint fresh, long[] gaps, int faces, float[] units)
    {
        var dimension = Settings.Dimension;

        // Without repeats, which is the rule, the message's bytes go to the store as they are.
        var count = BitOperations.PopCount(fresh);
        var whole = count == block.Items.Count;
        var raw = whole ? [] : new float[faces * dimension];
        var given = MemoryMarshal.Cast<byte, float>(block.Embeddings.Span);
        var ids = new FaceIdSource(_collection, block.Camera);
        var records = new ItemEntry[count];
        var source = 0;
        var target = 0;
        var next = 0;
        for (var i = 0; i < block.Items.Count; i++)
        {
            var item = block.Items[i];
            if (!Has(fresh, i))
            {
                source += item.Faces.Count;
                continue;
            }

            var stored = new FaceEntry[item.Faces.Count];
            for (var f = 0; f < stored.Length; f++)
            {
                var vector = given.Slice(source * dimension, dimension);
                if (!whole)
                {
                    vector.CopyTo(raw.AsSpan(target * dimension));
                }

                var magnitude = Similarity.Normalize(vector, units.AsSpan(target * dimension, dimension));
                if (!float.IsFinite(magnitude) || magnitude <= 0)
                {
                    throw Invalid("embeddings", $"Embedding {source} of the block has no finite, positive magnitude.");
                }

                var face = item.Faces[f];
                stored[f] = new FaceEntry(
                    ids.Derive(item.Sequence, f),
                    face.Box is { } box ? new EntryBox(box.Left, box.Top, box.Width, box.Height) : null,
                    face.DetectionScore,
                    magnitude);
                source++;
                target++;
            }

            records[next++] = new ItemEntry
            {
                Sequence = item.Sequence,
                CapturedAtMicros = item.CaptureTimeMicros,
                PayloadDigest = item.PayloadDigest,
                Source = (EntrySource)item.Source,
                TrackId = item.TrackId,
                FacesOverLimit = item.FacesOverLimit,
                GapBefore = gaps[i],
                Faces = stored,
            };
        }

        return new ItemBlock
        {
            Camera = block.Camera,
            Items = records,
            Embeddings = whole ? block.Embeddings : MemoryMarshal.AsBytes(raw.AsSpan()).ToArray(),
        };
    }

    private void Show(int camera, ItemBlock record, float[] units, long lsn)
    {
        var first = _table.Faces.Count;
        TableWriter.Add(_table, camera, record, units);
        _mirror?.Add(lsn, record);
        _lastVisibleLsn = lsn;
        _queue.Advance(lsn);
        if (Settings.Linking)
        {
            var now = time.GetTimestamp();
            for (var face = first; face < _table.Faces.Count; face++)
            {
                _queue.Add(face, lsn, now);
            }

            if (first == _table.Faces.Count)
            {
                // Nothing to link: only the position moves, and the forest has to hear of it.
                _feed!.Wake();
            }

            StartLinking();
        }

        _approximate?.Wake();
        SplitWhenDue();
        ShardInstruments.Stored(_table.Faces.Count - first);
    }

    private ItemAnswer[] Answers(int camera, IngestBlock block, uint fresh)
    {
        var answers = new ItemAnswer[block.Items.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            _table.TryGetItem(camera, block.Items[i].Sequence, out var row);
            answers[i] = Has(fresh, i)
                ? _table.Answer(row, ItemStatus.Stored, Settings.QualityGate)
                : AnswerKnown(row, block.Items[i].PayloadDigest);
        }

        return answers;
    }

    private ItemAnswer AnswerKnown(int item, ulong payloadDigest)
    {
        ref var row = ref _table.Items[item];
        return row.PayloadDigest == payloadDigest
            ? _table.Answer(item, ItemStatus.Repeated, Settings.QualityGate)
            : new ItemAnswer { Sequence = row.Sequence, Status = ItemStatus.SequenceReused };
    }
}
