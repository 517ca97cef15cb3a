using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Graph;

/// <summary>
/// The rows whose lists are built at the same time. A block of them meets every tile of the view at or after itself
/// (pairs inside the stripe are computed once and serve both rows) and every tile before the stripe.
/// </summary>
internal sealed unsafe class PairStripe
{
    /// <summary>Rows coded as queries at a time: 48 KB of codes at d = 512, which the second-level cache keeps.</summary>
    public const int BlockRows = 96;

    private const int TileRows = IndexChunk.TileRows;
    private const int CacheBytes = 32 << 10;
    private const int LogLength = 1 << 14;

    private readonly IndexView _view;
    private readonly KnnGraphOptions _options;
    private readonly int _first;
    private readonly int _count;
    private readonly PairCollectors _collectors;

    /// <param name="view">The whole set.</param>
    /// <param name="first">First row, a multiple of <see cref="BlockRows"/>.</param>
    /// <param name="count">Number of rows, a multiple too unless the view ends there.</param>
    /// <param name="options">Options of the graph.</param>
    public PairStripe(IndexView view, int first, int count, KnnGraphOptions options)
    {
        _view = view;
        _options = options;
        _first = first;
        _count = count;
        _collectors = new PairCollectors(view, first, count, options.K);
    }

    /// <summary>Blocks of rows to scan and to finish.</summary>
    public int Blocks => (_count + BlockRows - 1) / BlockRows;

    private int End => _first + _count;

    /// <summary>Scans one block; returns the number of pairs it saw.</summary>
    public long Scan<TKernel>(int block, CancellationToken cancellation)
        where TKernel : struct, ITileKernel
    {
        var from = _first + (block * BlockRows);
        var to = Math.Min(from + BlockRows, End);
        var units = new ReadOnlyMemory<float>[to - from];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = _view.Vector(from + i).ToArray();
        }

        var plan = QueryPlan.Create<TKernel>(units, _view.Dimension);
        cancellation.ThrowIfCancellationRequested();
        var log = new List<Survivor>(LogLength);
        long pairs = 0;

        // Rows of the stripe before the block have met it already, when it was their turn.
        Range(0, _first);
        Range(from, End);
        Range(End, _view.Count);
        plan.Return();
        _collectors.Apply(CollectionsMarshal.AsSpan(log));
        return pairs;

        void Range(int start, int limit)
        {
            var step = Math.Max(1, CacheBytes / (TileRows * _view.Dimension)) * TileRows;
            while (start < limit)
            {
                var chunkEnd = (start | (_view.RowsPerChunk - 1)) + 1;
                var end = Math.Min(Math.Min(start + step, limit), chunkEnd);
                ScanTiles<TKernel>(plan, from, start, end, log);
                pairs += (long)(to - from) * (end - start);
                start = end;
                if (log.Count >= LogLength)
                {
                    cancellation.ThrowIfCancellationRequested();
                    _collectors.Apply(CollectionsMarshal.AsSpan(log));
                    log.Clear();
                }
            }
        }
    }

    /// <summary>Scores what the rows of a block have collected and writes their lists.</summary>
    public void Finish(int block, KnnGraph graph)
    {
        var start = block * BlockRows;
        for (var row = start; row < Math.Min(start + BlockRows, _count); row++)
        {
            if (_view.IsDeleted(_first + row))
            {
                continue;
            }

            var (rows, uppers, lowers) = _collectors.Take(row);
            graph.Set(_first + row, Finishing.Best(
                _view, _view.Vector(_first + row), _options.K, double.NegativeInfinity, rows.Span, uppers.Span, lowers.Span, _collectors.Floors[row]));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScanTiles<TKernel>(QueryPlan plan, int firstQuery, int row, int end, List<Survivor> log)
        where TKernel : struct, ITileKernel
    {
        var dimension = _view.Dimension;
        var (chunkNumber, offset) = Math.DivRem(row, _view.RowsPerChunk);
        var chunk = _view.Chunks[chunkNumber];
        var floors = _collectors.Floors;
        var both = row >= _first && row < End;
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
                    var otherLow = Vector256.Create(float.PositiveInfinity);
                    var otherHigh = otherLow;
                    if (both)
                    {
                        ref var floor = ref MemoryMarshal.GetArrayDataReference(floors);
                        otherLow = Vector256.LoadUnsafe(ref floor, (nuint)(row + tile - _first));
                        otherHigh = Vector256.LoadUnsafe(ref floor, (nuint)(row + tile - _first + 8));
                    }

                    for (var lane = 0; lane < width; lane++)
                    {
                        ref readonly var code = ref plan.Codes[first + lane];
                        var correction = Vector256.Create(code.Correction);
                        var error = Vector256.Create(code.Error);
                        var own = Vector256.Create(floors[firstQuery - _first + first + lane]);
                        var low = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows)) - correction) * scaleLow;
                        var high = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows) + 8) - correction) * scaleHigh;
                        low = ((low + (errorLow * code.CodeLength)) * code.Scale) + error;
                        high = ((high + (errorHigh * code.CodeLength)) * code.Scale) + error;
                        var mask = Vector256.GreaterThanOrEqual(low, Vector256.Min(own, otherLow)).ExtractMostSignificantBits()
                            | (Vector256.GreaterThanOrEqual(high, Vector256.Min(own, otherHigh)).ExtractMostSignificantBits() << 8);
                        if (mask != 0)
                        {
                            Survivors(chunk, row + tile, offset + tile, mask, firstQuery + first + lane, code, sums + (lane * TileRows), log);
                        }
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Survivors(
        IndexChunk chunk, int row, int offset, uint mask, int query, in QueryCode code, int* sums, List<Survivor> log)
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = BitOperations.TrailingZeroCount(mask);
            var other = row + lane;
            var inStripe = other >= _first && other < End;
            if (other >= _view.Count || (inStripe && other < query) || (other == query && !_options.IncludeSelf)
                || chunk.Deleted[offset + lane] || _view.IsDeleted(query))
            {
                continue;
            }

            var middle = (sums[lane] - code.Correction) * chunk.Scales[offset + lane];
            var margin = chunk.Errors[offset + lane] * code.CodeLength;
            var upper = (code.Scale * (middle + margin)) + code.Error;
            var lower = (code.Scale * (middle - margin)) - code.Error;
            if (upper >= _collectors.Floors[query - _first])
            {
                log.Add(new Survivor(query - _first, other, upper, lower));
            }

            if (inStripe && other != query && upper >= _collectors.Floors[other - _first])
            {
                log.Add(new Survivor(other - _first, query, upper, lower));
            }
        }
    }
}
