using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Scanning;

/// <summary>
/// One pass of some tiles against all queries of a plan. A few tiles stay in the first-level cache while the panels go
/// over them, so a batch of any size reads the rows from memory once.
/// </summary>
internal static unsafe class TileScanner
{
    private const int CacheBytes = 32 << 10;
    private const int CacheLine = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scan<TKernel, TSink>(
        QueryPlan plan, IndexChunk chunk, int firstRow, int firstTile, int endTile, int rowStart, int rowEnd, TSink sink)
        where TKernel : struct, ITileKernel
        where TSink : class, IScanSink
    {
        const int TileRows = IndexChunk.TileRows;
        var dimension = plan.Dimension;
        var groups = dimension / 4;
        var tileBytes = TileRows * dimension;
        var step = Math.Max(1, CacheBytes / tileBytes);
        var cuts = sink.Cuts;
        var sums = stackalloc int[TKernel.PanelWidth * TileRows];
        fixed (sbyte* codes = plan.PanelCodes)
        {
            for (var from = firstTile; from < endTile; from += step)
            {
                var to = Math.Min(endTile, from + step);

                // While the panels work on these tiles, the next ones come into the second-level cache, a share per product.
                var ahead = chunk.Codes + ((long)to * tileBytes);
                var aheadEnd = chunk.Codes + ((long)Math.Min(endTile, to + step) * tileBytes);
                var share = (((step * tileBytes) / ((to - from) * plan.Panels.Length)) + CacheLine - 1) & ~(CacheLine - 1);
                foreach (var (first, width) in plan.Panels)
                {
                    var panel = codes + ((long)first * dimension);
                    for (var tile = from; tile < to; tile++)
                    {
                        if (Sse.IsSupported)
                        {
                            for (var end = ahead + share; ahead < end && ahead < aheadEnd; ahead += CacheLine)
                            {
                                Sse.Prefetch1(ahead);
                            }
                        }

                        TKernel.Multiply(chunk.Codes + ((long)tile * tileBytes), panel, width, groups, sums);
                        var row = tile * TileRows;
                        var scaleLow = Vector256.Load(chunk.Scales + row);
                        var scaleHigh = Vector256.Load(chunk.Scales + row + 8);
                        var errorLow = Vector256.Load(chunk.Errors + row);
                        var errorHigh = Vector256.Load(chunk.Errors + row + 8);
                        for (var lane = 0; lane < width; lane++)
                        {
                            ref readonly var code = ref plan.Codes[first + lane];
                            var cut = Vector256.Create(cuts[first + lane]);
                            var correction = Vector256.Create(code.Correction);
                            var sumLow = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows)) - correction);
                            var sumHigh = Vector256.ConvertToSingle(Vector256.Load(sums + (lane * TileRows) + 8) - correction);
                            var low = (sumLow * scaleLow) + (errorLow * code.CodeLength);
                            var high = (sumHigh * scaleHigh) + (errorHigh * code.CodeLength);
                            var mask = Vector256.GreaterThanOrEqual(low, cut).ExtractMostSignificantBits()
                                | (Vector256.GreaterThanOrEqual(high, cut).ExtractMostSignificantBits() << 8);
                            if (mask != 0)
                            {
                                Survivors(chunk, firstRow, row, rowStart, rowEnd, mask, first + lane, code, sums + (lane * TileRows), sink);
                            }
                        }
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Survivors<TSink>(
        IndexChunk chunk, int firstRow, int tileRow, int rowStart, int rowEnd, uint mask, int query, in QueryCode code, int* sums, TSink sink)
        where TSink : class, IScanSink
    {
        for (; mask != 0; mask &= mask - 1)
        {
            var lane = System.Numerics.BitOperations.TrailingZeroCount(mask);
            var offset = tileRow + lane;
            if (offset >= rowEnd)
            {
                return;
            }

            if (offset < rowStart)
            {
                continue;
            }

            var middle = (sums[lane] - code.Correction) * chunk.Scales[offset];
            var margin = chunk.Errors[offset] * code.CodeLength;
            sink.Offer(query, firstRow + offset,
                (code.Scale * (middle + margin)) + code.Error, (code.Scale * (middle - margin)) - code.Error);
        }
    }
}
