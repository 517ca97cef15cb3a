using System.Collections;

namespace FaceCluster.Index.Faiss;

/// <summary>How the native index follows the rows.</summary>
public sealed partial class ApproximateIndex
{
    // Adding keeps searches out of the native index, so one call is short: about 5 ms for lists, 50 ms for a graph.
    private const int RowsPerListCall = 1024;
    private const int RowsPerGraphCall = 32;

    // A tail that is a small part of the rows costs a small part of an exact scan.
    private const int TailShare = 32;
    private const int ShortestTail = 1024;
    private const int LongestTail = 65_536;

    private const int Growth = 4;
    private const int DeadShare = 10;
    private static readonly TimeSpan GraphErasure = TimeSpan.FromHours(1);

    /// <summary>Whether <see cref="CatchUp"/> has something worth its while to do. Cheap; may be called from any thread.</summary>
    public bool IsBehind
    {
        get
        {
            var (count, living) = (_rows.Count, _rows.LiveCount);
            if (Volatile.Read(ref _structure) is not { } structure)
            {
                return living >= _options.FromRows;
            }

            return count - structure.Covered >= Math.Clamp(structure.Covered / TailShare, ShortestTail, LongestTail)
                || (_options.Kind != FaissIndexKind.Hnsw && count - living > structure.Deaths)
                || IsOutdated(structure, count, living);
        }
    }

    /// <summary>
    /// Brings the native index up to the rows of now: trains it once the shard has reached its size, adds new rows, drops
    /// deleted ones, starts anew where it has to. Long work on the calling thread (and on those of
    /// <see cref="FaissLibrary.LimitThreads"/>); searches go on meanwhile. Calls wait for each other.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled; what was added stays.</exception>
    /// <exception cref="FaissException">The library failed, for example for want of memory.</exception>
    public void CatchUp(CancellationToken cancellation = default)
    {
        lock (_building)
        {
            // Deaths are counted before the view is taken: one that is missed here makes the next call necessary.
            var (count, living) = (_rows.Count, _rows.LiveCount);
            var view = _rows.Snapshot();
            if (_structure is not { } structure)
            {
                if (living >= _options.FromRows)
                {
                    // Answers from the start: the part it covers grows, the tail shrinks.
                    Replace(Train(view, count, living));
                    Extend(_structure!, view, Replace, cancellation);
                }

                return;
            }

            if (!IsOutdated(structure, count, living))
            {
                Extend(Drop(structure, view, count - living), view, Replace, cancellation);
                return;
            }

            var next = Train(view, count, living);
            try
            {
                Extend(next, view, extended => next = extended, cancellation);
                Replace(next);
            }
            catch
            {
                next.Index.Dispose();
                throw;
            }
        }
    }

    private bool IsOutdated(Structure structure, int count, int living)
    {
        if (_options.Kind != FaissIndexKind.Hnsw)
        {
            return _options.Lists == 0 && living >= (long)Growth * structure.TrainedRows;
        }

        var deaths = count - living - structure.Deaths;
        return deaths > structure.Covered / DeadShare || (deaths > 0 && _time.GetElapsedTime(structure.Built) > GraphErasure);
    }

    private Structure Train(IndexView view, int count, int living)
    {
        var built = _time.GetTimestamp();
        var index = FaissIndex.Create(view.Dimension, living, _options);
        try
        {
            if (!index.IsTrained)
            {
                var sample = (int)Math.Min(view.Count, (long)_options.ListsFor(living) * FaissIndexOptions.TrainingRowsPerList);
                var step = view.Count / (double)sample;
                index.Train(Gather(view, Enumerable.Range(0, sample).Select(i => (int)(i * step)), out _));
            }

            return new Structure(index, 0, living, count - living, built, new BitArray(0));
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    private void Extend(Structure structure, IndexView view, Action<Structure> publish, CancellationToken cancellation)
    {
        structure.Dropped.Length = Math.Max(structure.Dropped.Length, view.Count);
        var step = _options.Kind == FaissIndexKind.Hnsw ? RowsPerGraphCall : RowsPerListCall;
        for (var row = structure.Covered; row < view.Count; row += step)
        {
            cancellation.ThrowIfCancellationRequested();
            var end = Math.Min(row + step, view.Count);
            var rows = Gather(view, Enumerable.Range(row, end - row), out var numbers);
            structure.Index.Add(rows, numbers);
            MarkMissing(structure.Dropped, row, end, numbers);
            structure = structure with { Covered = end };
            publish(structure);
        }

        publish(structure);
    }

    private static Structure Drop(Structure structure, IndexView view, int deaths)
    {
        if (!structure.Index.SupportsRemovalAndRange)
        {
            return structure;
        }

        var dead = new List<long>();
        for (var row = 0; row < structure.Covered; row++)
        {
            if (view.IsDeleted(row) && !structure.Dropped[row])
            {
                dead.Add(row);
            }
        }

        if (dead.Count > 0)
        {
            structure.Index.Remove([.. dead]);
            dead.ForEach(row => structure.Dropped[(int)row] = true);
        }

        return structure with { Deaths = deaths };
    }

    // A row that died before it was added is not looked for when the dead are dropped.
    private static void MarkMissing(BitArray dropped, int from, int end, long[] added)
    {
        var next = 0;
        for (var row = from; row < end; row++)
        {
            if (next < added.Length && added[next] == row)
            {
                next++;
            }
            else
            {
                dropped[row] = true;
            }
        }
    }

    /// <summary>Copies of the living rows among these, and their numbers.</summary>
    private static float[] Gather(IndexView view, IEnumerable<int> rows, out long[] numbers)
    {
        using var scan = view.BeginScan();
        numbers = [.. rows.Where(row => !view.IsDeleted(row)).Select(row => (long)row)];
        var copies = new float[numbers.Length * view.Dimension];
        for (var i = 0; i < numbers.Length; i++)
        {
            view.Vector((int)numbers[i]).CopyTo(copies.AsSpan(i * view.Dimension));
        }

        return copies;
    }
}
