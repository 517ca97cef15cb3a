using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FaceCluster.Index.Kernels;

/// <summary>One step of an integer product: 32 unsigned by signed bytes, summed by fours onto eight sums.</summary>
internal interface IMultiplyAdd256
{
    static abstract bool IsSupported { get; }

    static abstract int QueryLimit { get; }

    static abstract Vector256<int> MultiplyAdd(Vector256<int> sum, Vector256<byte> rows, Vector256<sbyte> query);
}

/// <summary>
/// 256-bit kernel: a tile is two registers per group; a panel of six queries needs 12 sums, 2 rows and 1 query, which
/// are the 15 of 16 registers that every x64 processor has.
/// </summary>
internal readonly unsafe struct Tile256Kernel<TStep> : ITileKernel
    where TStep : struct, IMultiplyAdd256
{
    public static bool IsSupported => TStep.IsSupported;

    public static int QueryLimit => TStep.QueryLimit;

    public static int PanelWidth => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(byte* tile, sbyte* panel, int width, int groups, int* sums)
    {
        switch (width)
        {
            case 6:
                Six(tile, panel, groups, sums);
                break;
            case 4:
                Four(tile, panel, groups, sums);
                break;
            case 2:
                Two(tile, panel, groups, sums);
                break;
            default:
                One(tile, panel, groups, sums);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default;
        Vector256<int> d0 = default, d1 = default, e0 = default, e1 = default, f0 = default, f1 = default;
        for (var g = 0; g < groups; g++, tile += 64, panel += 24)
        {
            var low = Vector256.Load(tile);
            var high = Vector256.Load(tile + 32);
            var query = Broadcast(panel);
            a0 = TStep.MultiplyAdd(a0, low, query);
            a1 = TStep.MultiplyAdd(a1, high, query);
            query = Broadcast(panel + 4);
            b0 = TStep.MultiplyAdd(b0, low, query);
            b1 = TStep.MultiplyAdd(b1, high, query);
            query = Broadcast(panel + 8);
            c0 = TStep.MultiplyAdd(c0, low, query);
            c1 = TStep.MultiplyAdd(c1, high, query);
            query = Broadcast(panel + 12);
            d0 = TStep.MultiplyAdd(d0, low, query);
            d1 = TStep.MultiplyAdd(d1, high, query);
            query = Broadcast(panel + 16);
            e0 = TStep.MultiplyAdd(e0, low, query);
            e1 = TStep.MultiplyAdd(e1, high, query);
            query = Broadcast(panel + 20);
            f0 = TStep.MultiplyAdd(f0, low, query);
            f1 = TStep.MultiplyAdd(f1, high, query);
        }

        Store(sums, a0, a1);
        Store(sums + 16, b0, b1);
        Store(sums + 32, c0, c1);
        Store(sums + 48, d0, d1);
        Store(sums + 64, e0, e1);
        Store(sums + 80, f0, f1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, b0 = default, b1 = default;
        Vector256<int> c0 = default, c1 = default, d0 = default, d1 = default;
        for (var g = 0; g < groups; g++, tile += 64, panel += 16)
        {
            var low = Vector256.Load(tile);
            var high = Vector256.Load(tile + 32);
            var query = Broadcast(panel);
            a0 = TStep.MultiplyAdd(a0, low, query);
            a1 = TStep.MultiplyAdd(a1, high, query);
            query = Broadcast(panel + 4);
            b0 = TStep.MultiplyAdd(b0, low, query);
            b1 = TStep.MultiplyAdd(b1, high, query);
            query = Broadcast(panel + 8);
            c0 = TStep.MultiplyAdd(c0, low, query);
            c1 = TStep.MultiplyAdd(c1, high, query);
            query = Broadcast(panel + 12);
            d0 = TStep.MultiplyAdd(d0, low, query);
            d1 = TStep.MultiplyAdd(d1, high, query);
        }

        Store(sums, a0, a1);
        Store(sums + 16, b0, b1);
        Store(sums + 32, c0, c1);
        Store(sums + 48, d0, d1);
    }

    // Two groups at a time on separate sums, so that the additions of one query do not wait for each other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, b0 = default, b1 = default;
        Vector256<int> c0 = default, c1 = default, d0 = default, d1 = default;
        for (var g = 0; g < groups; g += 2, tile += 128, panel += 16)
        {
            var low = Vector256.Load(tile);
            var high = Vector256.Load(tile + 32);
            var query = Broadcast(panel);
            a0 = TStep.MultiplyAdd(a0, low, query);
            a1 = TStep.MultiplyAdd(a1, high, query);
            query = Broadcast(panel + 4);
            b0 = TStep.MultiplyAdd(b0, low, query);
            b1 = TStep.MultiplyAdd(b1, high, query);
            low = Vector256.Load(tile + 64);
            high = Vector256.Load(tile + 96);
            query = Broadcast(panel + 8);
            c0 = TStep.MultiplyAdd(c0, low, query);
            c1 = TStep.MultiplyAdd(c1, high, query);
            query = Broadcast(panel + 12);
            d0 = TStep.MultiplyAdd(d0, low, query);
            d1 = TStep.MultiplyAdd(d1, high, query);
        }

        Store(sums, a0 + c0, a1 + c1);
        Store(sums + 16, b0 + d0, b1 + d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, b0 = default, b1 = default;
        for (var g = 0; g < groups; g += 2, tile += 128, panel += 8)
        {
            var query = Broadcast(panel);
            a0 = TStep.MultiplyAdd(a0, Vector256.Load(tile), query);
            a1 = TStep.MultiplyAdd(a1, Vector256.Load(tile + 32), query);
            query = Broadcast(panel + 4);
            b0 = TStep.MultiplyAdd(b0, Vector256.Load(tile + 64), query);
            b1 = TStep.MultiplyAdd(b1, Vector256.Load(tile + 96), query);
        }

        Store(sums, a0 + b0, a1 + b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Broadcast(sbyte* group) => Vector256.Create(*(int*)group).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(int* sums, Vector256<int> low, Vector256<int> high)
    {
        low.Store(sums);
        high.Store(sums + 8);
    }
}
