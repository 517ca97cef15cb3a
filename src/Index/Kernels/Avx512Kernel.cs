using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FaceCluster.Index.Kernels;

/// <summary>
/// 512-bit kernel for processors with AVX-512BW but without AVX-VNNI: a group of a tile is one register. As with AVX2,
/// vpmaddubsw saturates, so queries are coded to 63.
/// </summary>
internal readonly unsafe struct Avx512Kernel : ITileKernel
{
    public static bool IsSupported => Avx512BW.IsSupported;

    public static int QueryLimit => 63;

    public static int PanelWidth => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(byte* tile, sbyte* panel, int width, int groups, int* sums)
    {
        switch (width)
        {
            case 8:
                Eight(tile, panel, groups, sums);
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
    private static void Eight(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector512<int> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
        for (var group = 0; group < groups; group++, tile += 64, panel += 32)
        {
            var rows = Vector512.Load(tile);
            a += Product(rows, panel);
            b += Product(rows, panel + 4);
            c += Product(rows, panel + 8);
            d += Product(rows, panel + 12);
            e += Product(rows, panel + 16);
            f += Product(rows, panel + 20);
            g += Product(rows, panel + 24);
            h += Product(rows, panel + 28);
        }

        a.Store(sums);
        b.Store(sums + 16);
        c.Store(sums + 32);
        d.Store(sums + 48);
        e.Store(sums + 64);
        f.Store(sums + 80);
        g.Store(sums + 96);
        h.Store(sums + 112);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector512<int> a = default, b = default, c = default, d = default;
        for (var group = 0; group < groups; group++, tile += 64, panel += 16)
        {
            var rows = Vector512.Load(tile);
            a += Product(rows, panel);
            b += Product(rows, panel + 4);
            c += Product(rows, panel + 8);
            d += Product(rows, panel + 12);
        }

        a.Store(sums);
        b.Store(sums + 16);
        c.Store(sums + 32);
        d.Store(sums + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector512<int> a = default, b = default;
        for (var group = 0; group < groups; group++, tile += 64, panel += 8)
        {
            var rows = Vector512.Load(tile);
            a += Product(rows, panel);
            b += Product(rows, panel + 4);
        }

        a.Store(sums);
        b.Store(sums + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(byte* tile, sbyte* panel, int groups, int* sums)
    {
        Vector512<int> a = default, b = default;
        for (var group = 0; group < groups; group += 2, tile += 128, panel += 8)
        {
            a += Product(Vector512.Load(tile), panel);
            b += Product(Vector512.Load(tile + 64), panel + 4);
        }

        (a + b).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(Vector512<byte> rows, sbyte* group) => Avx512BW.MultiplyAddAdjacent(
        Avx512BW.MultiplyAddAdjacent(rows, Vector512.Create(*(int*)group).AsSByte()), Vector512<short>.One);
}
