using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json.Serialization;
using FaceCluster.Core;
using FaceCluster.Index.Kernels;

namespace FaceCluster.Index.Benchmarking;

/// <summary>
/// What one core of this machine can do at best while the others do the same, measured with loops that do nothing else,
/// per second of processor time: on a machine with other work, wall time would measure that work.
/// </summary>
/// <param name="Threads">Threads that ran at once.</param>
/// <param name="ReadGigabytesPerSecond">Sequential reads of an array much larger than the caches, large pages.</param>
/// <param name="FloatMultiplyAdds">Single-precision multiply-adds per second, in 10^9, on registers only.</param>
/// <param name="ByteMultiplyAdds">8-bit multiply-adds per second of the best kernel's instructions, in 10^9, in cache.</param>
/// <param name="Kernel">The kernel that scans use.</param>
public sealed record MachineLimits(
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("read_gb_s")] double ReadGigabytesPerSecond,
    [property: JsonPropertyName("float_gmac_s")] double FloatMultiplyAdds,
    [property: JsonPropertyName("byte_gmac_s")] double ByteMultiplyAdds,
    [property: JsonPropertyName("kernel")] string Kernel)
{
    private const int Repeats = 5;

    /// <summary>Measures for about two seconds; the best of several repeats counts.</summary>
    public static MachineLimits Measure(int threads)
    {
        const int Bytes = 512 << 20;
        var memory = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);
        HugePages.Advise(Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0), Bytes);
        Array.Fill(memory, (byte)1);
        var share = Bytes / threads;
        var read = Best(threads, thread => Read(memory.AsSpan(thread * share, share)), Bytes);
        const long Steps = 4_000_000;
        var multiply = Best(threads, _ => MultiplyAdd(Steps), Steps * 12 * Vector512<float>.Count * (double)threads);
        var bytes = KernelSelection.Run<Products, double>(KernelSelection.Best, new Products(threads));
        return new MachineLimits(threads, read / 1e9, multiply / 1e9, bytes / 1e9, KernelSelection.Best.ToString());
    }

    // All threads at once, since they share the memory; the amount per second of processor time of one of them.
    private static double Best(int threads, Action<int> work, double amount)
    {
        var best = double.MaxValue;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            var spent = new double[threads];
            var others = Enumerable.Range(1, threads - 1).Select(thread => new Thread(() => Timed(thread))).ToArray();
            Array.ForEach(others, thread => thread.Start());
            Timed(0);
            Array.ForEach(others, thread => thread.Join());
            best = Math.Min(best, spent.Sum());

            void Timed(int thread)
            {
                var before = ThreadClock.Seconds;
                work(thread);
                spent[thread] = ThreadClock.Seconds - before;
            }
        }

        return amount / best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static long Read(ReadOnlySpan<byte> memory)
    {
        ref var start = ref MemoryMarshal.GetReference(memory);
        Vector512<long> a = default, b = default, c = default, d = default;
        for (nuint i = 0; i + 256 <= (nuint)memory.Length; i += 256)
        {
            a += Vector512.LoadUnsafe(ref start, i).AsInt64();
            b += Vector512.LoadUnsafe(ref start, i + 64).AsInt64();
            c += Vector512.LoadUnsafe(ref start, i + 128).AsInt64();
            d += Vector512.LoadUnsafe(ref start, i + 192).AsInt64();
        }

        return Vector512.Sum(a + b + c + d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static float MultiplyAdd(long steps)
    {
        var (x, y) = (Vector512.Create(1.0001f), Vector512.Create(0.9999f));
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (long step = 0; step < steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, y, x);
            b = Vector512.FusedMultiplyAdd(b, y, x);
            c = Vector512.FusedMultiplyAdd(c, y, x);
            d = Vector512.FusedMultiplyAdd(d, y, x);
            e = Vector512.FusedMultiplyAdd(e, y, x);
            f = Vector512.FusedMultiplyAdd(f, y, x);
            g = Vector512.FusedMultiplyAdd(g, y, x);
            h = Vector512.FusedMultiplyAdd(h, y, x);
            i = Vector512.FusedMultiplyAdd(i, y, x);
            j = Vector512.FusedMultiplyAdd(j, y, x);
            k = Vector512.FusedMultiplyAdd(k, y, x);
            l = Vector512.FusedMultiplyAdd(l, y, x);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    private readonly record struct Products(int Threads) : IKernelOperation<double>
    {
        public double Run<TKernel>()
            where TKernel : struct, ITileKernel
        {
            const int Groups = 128;
            const int Calls = 100_000;
            return Best(Threads, _ => Loop<TKernel>(Groups, Calls), 16.0 * TKernel.PanelWidth * Groups * 4 * Calls * Threads);
        }

        private static unsafe void Loop<TKernel>(int groups, int calls)
            where TKernel : struct, ITileKernel
        {
            // Over-allocated so that the tile can start at a cache line, as tiles do.
            var tile = stackalloc byte[(groups * 64) + 64];
            tile = (byte*)(((nint)tile + 63) & ~63);
            var panel = stackalloc sbyte[groups * 4 * TKernel.PanelWidth];
            var sums = stackalloc int[TKernel.PanelWidth * 16];
            for (var call = 0; call < calls; call++)
            {
                TKernel.Multiply(tile, panel, TKernel.PanelWidth, groups, sums);
            }
        }
    }
}
