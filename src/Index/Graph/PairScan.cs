using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Graph;

/// <summary>
/// All pairs of rows, each once: a block of rows, coded as queries, meets every tile from itself to the end. A pair that
/// may enter the list of either row is scored, and the score is offered to both.
/// </summary>
/// <remarks>
/// Scoring at once rather than collecting intervals was chosen by measurement: with k = 80 the k-th neighbour lies where
/// rows are dense, eight times k intervals overlap it, and floors that are exact keep out five of six of those.
/// </remarks>
internal sealed unsafe class PairScan
{
    /// <summary>Rows coded as queries at a time: 96 KB of codes at d = 512, which the second-level cache keeps.</summary>
    public const int BlockRows = 192;

    private const int TileRows = IndexChunk.TileRows;
    private const int CacheBytes = 32 << 10;

    // Floors rise only when the log is worked off, so it is short.
    private const int LogLength = 256;

    private readonly IndexView _view;
    private readonly bool _includeSelf;
    private readonly PairLists _lists;
    private readonly float[] _anything;

    public PairScan(IndexView view, bool includeSelf, PairLists lists)
    {
        _view = view;
        _includeSelf = includeSelf;
        _lists = lists;
        _anything = new float[view.Dimension];
        _anything[0] = 1;
    }

    /// <summary>Number of blocks.</summary>
    public int Blocks => (_view.Count + BlockRows - 1) / BlockRows;

    /// <summary>Scans one block; returns the number of pairs it saw.</summary>
    public long Scan<TKernel>(int block, CancellationToken cancellation)
        where TKernel : struct, ITileKernel
    {
        var from = block * BlockRows;
        var to = Math.Min(from + BlockRows, _view.Count);
        var units = new ReadOnlyMemory<float>[to - from];
        for (var i = 0; i < units.Length; i++)
        {
            // The vector of a dead row may be erased; any direction does, because none of its pairs is kept.
            units[i] = _lists.IsClosed(from + i) ? _anything : _view.Vector(from + i).ToArray();
        }

        var plan = QueryPlan.Create<TKernel>(units, _view.Dimension);
        var log = new List<Survivor>(2 * LogLength);
        var step = Math.Max(1, CacheBytes / (TileRows * _view.Dimension)) * TileRows;
        for (var row = from; row < _view.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            var chunkEnd = (row | (_view.RowsPerChunk - 1)) + 1L;
            var end = (int)Math.Min(Math.Min((long)row + step, _view.Count), chunkEnd);
            ScanTiles<TKernel>(plan, from, row, end, log);
            row = end;
        }

        WorkOff(log);
        plan.Return();
        return (long)(to - from) * (_view.Count - from);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanTiles<TKernel>(QueryPlan plan, int firstQuery, int row, int end, List<Survivor> log)
        where TKernel : struct, ITileKernel
    {
        var dimension = _view.Dimension;
        var (chunkNumber, offset) = Math.DivRem(row, _view.RowsPerChunk);
        var chunk = _view.Chunks[chunkNumber];
        if (chunk.IsRetired)
        {
            return;
        }

        if (_view.Count - row >= _view.RowsPerChunk)
        {
            chunk.OnScan();
        }

        var floors = _lists.Floors;
        ref var firstFloor = ref MemoryMarshal.GetArrayDataReference(floors);
        var sums = stackalloc int[TKernel.PanelWidth * TileRows];
        fixed (sbyte* codes = plan.PanelCodes)
        {
            foreach (var (first, width) in plan.Panels)
            {
                var panel = codes + ((long)first * dimension);
                for (var tile = 0; tile < end - row; tile += TileRows)
                {
                    TKernel.Multiply(chunk.Codes + ((long)(offset + tile) * dimension), panel, width, dimension / 4, sums);
                    var scaleLow = Vector256.Load(chunk.Scales + offset + tile);
                    var scaleHigh = Vector256.Load(chunk.Scales + offset + tile + 8);
                    var errorLow = Vector256.Load(chunk.Errors + offset + tile);
                    var errorHigh = Vector256.Load(chunk.Errors + offset + tile + 8);
                    var otherLow = Vector256.LoadUnsafe(ref firstFloor, (nuint)(row + tile));
                    var otherHigh = Vector256.LoadUnsafe(ref firstFloor, (nuint)(row + tile + 8));
                    for (var lane = 0; lane < width; lane++)
                    {
                        ref readonly var code = ref plan.Codes[first + lane];
                        var correction = Vector256.Create(code.Correction);
                        var error = Vector256.Create(code.Error);
                        var own = Vector256.Create(floors[firstQuery + first + lane]);
                        var low = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows)) - correction) * scaleLow;
                        var high = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows) + 8) - correction) * scaleHigh;
                        low = ((low + (errorLow * code.CodeLength)) * code.Scale) + error;
                        high = ((high + (errorHigh * code.CodeLength)) * code.Scale) + error;
                        var mask = Vector256.GreaterThanOrEqual(low, Vector256.Min(own, otherLow)).ExtractMostSignificantBits()
                            | (Vector256.GreaterThanOrEqual(high, Vector256.Min(own, otherHigh)).ExtractMostSignificantBits() << 8);
                        if (mask != 0)
                        {
                            Survivors(row + tile, mask, firstQuery + first + lane, low, high, log);
                        }
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Survivors(int row, uint mask, int query, Vector256<float> low, Vector256<float> high, List<Survivor> log)
    {
        var uppers = stackalloc float[TileRows];
        low.Store(uppers);
        high.Store(uppers + 8);
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            var other = row + lane;
            if (other < _view.Count && (other > query || (other == query && _includeSelf)))
            {
                log.Add(new Survivor(query, other, uppers[lane]));
            }
        }

        if (log.Count >= LogLength)
        {
            WorkOff(log);
        }
    }

    private void WorkOff(List<Survivor> log)
    {
        const int Together = CanonicalPairs.Width;
        var first = stackalloc float*[Together];
        var second = stackalloc float*[Together];
        var similarities = stackalloc double[Together];
        Span<Survivor> pending = stackalloc Survivor[Together];
        var count = 0;
        foreach (var survivor in log)
        {
            var floor = Math.Min(_lists.Floors[survivor.First], _lists.Floors[survivor.Second]);
            if (survivor.Upper >= floor && !_view.IsDeleted(survivor.First) && !_view.IsDeleted(survivor.Second))
            {
                first[count] = _view.Pointer(survivor.First);
                second[count] = _view.Pointer(survivor.Second);
                pending[count++] = survivor;
                if (count == Together)
                {
                    Offer(first, second, pending, similarities);
                    count = 0;
                }
            }
        }

        Offer(first, second, pending[..count], similarities);
        log.Clear();
    }

    private void Offer(float** first, float** second, ReadOnlySpan<Survivor> pairs, double* similarities)
    {
        CanonicalPairs.Dot(first, second, pairs.Length, _view.Dimension, similarities);
        for (var i = 0; i < pairs.Length; i++)
        {
            _lists.Offer(pairs[i].First, pairs[i].Second, similarities[i]);
            if (pairs[i].First != pairs[i].Second)
            {
                _lists.Offer(pairs[i].Second, pairs[i].First, similarities[i]);
            }
        }
    }
}
