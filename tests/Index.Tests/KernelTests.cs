using System.Runtime.InteropServices;
using CsCheck;
using FaceCluster.Core;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Scanning;
using FaceCluster.Index.Storage;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class KernelTests
{
    public static TheoryData<string> Kernels => ExactSearchTests.Kernels;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Multiply_AnyCodesUpToTheLimit_IsTheExactInteger(string name) =>
        KernelSelection.Run<Products, bool>(Enum.Parse<ScanKernel>(name), default);

    [Fact]
    public void CanonicalPairs_AnyVectors_HaveTheBitsOfSimilarity() =>
        Gen.Select(AdversarialVector.Array[8], Gen.Int[0, 4]).Sample(
            (vectors, count) =>
            {
                var found = Pairs(vectors, count);
                for (var i = 0; i < count; i++)
                {
                    Assert.Equal(Similarity.Dot(vectors[i], vectors[i + 4]), found[i]);
                }
            },
            iter: 500);

    [Fact]
    public void Bounds_AdversarialVectors_EncloseTheCanonicalSimilarity() =>
        Gen.Select(AdversarialVector, AdversarialVector, Gen.OneOf(Gen.Const(63), Gen.Const(127)))
            .Sample((row, query, limit) => AssertEnclosed(row, query, limit), iter: 3_000);

    [Fact]
    public void Bounds_PairsBuiltToMeetTheBound_EncloseTheCanonicalSimilarity() =>
        Gen.Int[0, 100_000].Sample(
            seed =>
            {
                // The worst query for a row is parallel to what its codes leave out.
                var random = new Random(seed);
                var row = Faces.Unit(Faces.Gaussian(random, 64, 1));
                var step = row.Max(Math.Abs) / 127;
                var left = row.Select(value => value - (step * MathF.Round(value / step))).ToArray();
                AssertEnclosed(row, Faces.Unit(left), 127);
                AssertEnclosed(row, Faces.Unit([.. left.Select(value => -value)]), 63);
            },
            iter: 500);

    // Spikes, denormals, huge and tiny raw magnitudes, sparse, constant, alternating and nearly equal vectors.
    private static Gen<float[]> AdversarialVector { get; } = Gen.Select(Gen.Int[0, 7], Gen.Int[0, 100_000]).Select(
        (kind, seed) =>
        {
            var random = new Random(seed);
            var raw = Faces.Gaussian(random, 64, 1);
            switch (kind)
            {
                case 0:
                    raw = [.. raw.Select(value => value * 1e-37f)];
                    raw[random.Next(64)] = 1;
                    break;
                case 1:
                    raw = [.. raw.Select(value => value * 1e-38f * random.NextSingle())];
                    raw[3] = 2e-37f;
                    break;
                case 2:
                    raw = [.. raw.Select(value => value * 1e18f)];
                    break;
                case 3:
                    raw = [.. raw.Select(_ => random.Next(30) == 0 ? 1f : 0f)];
                    raw[5] = 1;
                    break;
                case 4:
                    raw = [.. raw.Select((_, i) => i % 2 == 0 ? 1f : -1f)];
                    break;
                case 5:
                    // Every element half a code step off, in the same direction.
                    raw = [.. raw.Select((_, i) => i == 0 ? 127f : 10.5f)];
                    break;
                case 6:
                    raw = Faces.Gaussian(new Random(1), 64, 1);
                    raw[random.Next(64)] += 1e-7f * random.Next(-3, 4);
                    break;
                default:
                    break;
            }

            return Faces.Unit(raw);
        });

    private static unsafe double[] Pairs(float[][] vectors, int count)
    {
        var handles = vectors.Select(vector => GCHandle.Alloc(vector, GCHandleType.Pinned)).ToArray();
        var pointers = stackalloc float*[8];
        for (var i = 0; i < 8; i++)
        {
            pointers[i] = (float*)handles[i].AddrOfPinnedObject();
        }

        var found = new double[4];
        fixed (double* similarities = found)
        {
            CanonicalPairs.Dot(pointers, pointers + 4, count, vectors[0].Length, similarities);
        }

        Array.ForEach(handles, handle => handle.Free());
        return found;
    }

    private static unsafe void AssertEnclosed(float[] row, float[] query, int limit)
    {
        var dimension = row.Length;
        var tile = stackalloc byte[IndexChunk.TileRows * dimension];
        var codes = new sbyte[dimension];
        var (scale, error) = ScalarQuantizer.EncodeRow(row, tile);
        var code = ScalarQuantizer.EncodeQuery(query, limit, codes);
        var sum = 0;
        for (var i = 0; i < dimension; i++)
        {
            sum += tile[((i >> 2) << 6) + (i & 3)] * codes[i];
        }

        var middle = (sum - code.Correction) * scale;
        var margin = error * code.CodeLength;
        var similarity = Similarity.Dot(row, query);
        Assert.InRange(
            similarity, (code.Scale * (middle - margin)) - code.Error, (code.Scale * (middle + margin)) + code.Error);
        Assert.All(codes, value => Assert.InRange(value, -limit, limit));
        Assert.InRange(error, 0, scale * Math.Sqrt(dimension));
    }

    private readonly struct Products : IKernelOperation<bool>
    {
        public bool Run<TKernel>()
            where TKernel : struct, ITileKernel
        {
            int[] widths = [1, 2, 4, TKernel.PanelWidth];
            Gen.Select(Gen.Int[0, 3], Gen.Int[1, 65], Gen.Int[0, 99_999]).Sample(
                (choice, eighths, seed) => Check<TKernel>(widths[choice], eighths * 8, seed), iter: 300);
            return true;
        }

        private static unsafe void Check<TKernel>(int width, int dimension, int seed)
            where TKernel : struct, ITileKernel
        {
            var random = new Random(seed);
            var tile = new byte[IndexChunk.TileRows * dimension];
            var panel = new sbyte[width * dimension];
            for (var i = 0; i < tile.Length; i++)
            {
                // Extremes often, so that a saturating intermediate would show.
                tile[i] = (byte)(random.Next(2) == 0 ? random.Next(1, 256) : 255);
            }

            for (var i = 0; i < panel.Length; i++)
            {
                panel[i] = (sbyte)(random.Next(2) == 0 ? random.Next(-TKernel.QueryLimit, TKernel.QueryLimit + 1) : TKernel.QueryLimit);
            }

            var sums = new int[width * IndexChunk.TileRows];
            fixed (byte* t = tile)
            fixed (sbyte* p = panel)
            fixed (int* s = sums)
            {
                TKernel.Multiply(t, p, width, dimension / 4, s);
            }

            for (var query = 0; query < width; query++)
            {
                for (var row = 0; row < IndexChunk.TileRows; row++)
                {
                    var expected = 0;
                    for (var i = 0; i < dimension; i++)
                    {
                        expected += tile[((i >> 2) << 6) + (row * 4) + (i & 3)] * panel[((((i >> 2) * width) + query) * 4) + (i & 3)];
                    }

                    Assert.Equal(expected, sums[(query * IndexChunk.TileRows) + row]);
                }
            }
        }
    }
}
