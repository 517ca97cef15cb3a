using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Index.Benchmarking;

/// <summary>
/// Generated faces with the geometry of real ones: identities are uniform on the sphere, a face is its identity plus
/// Gaussian noise whose scale, uniform in [0.6, 1.2] / sqrt(d) per axis, is drawn per face. Row i is a pure function of
/// (seed, i), so any part can be generated anywhere without holding the rest.
/// </summary>
/// <param name="dimension">Length of the vectors, a multiple of 8.</param>
/// <param name="identities">Number of identities; row i belongs to identity i modulo this.</param>
/// <param name="seed">Another seed gives another set.</param>
public sealed class SphereMixture(int dimension, int identities, ulong seed)
{
    /// <summary>The mixture of the published measurements: twenty faces per identity.</summary>
    public static SphereMixture For(int faces, int dimension = 512, ulong seed = 1) =>
        new(dimension, Math.Max(1, faces / 20), seed);

    /// <summary>Length of the vectors.</summary>
    public int Dimension => dimension;

    /// <summary>Identity of a row.</summary>
    public int Identity(long row) => (int)(row % identities);

    /// <summary>Writes the unit vector of a row and returns the magnitude of the sum, a quality that falls with the noise.</summary>
    public float Row(long row, Span<float> unit)
    {
        Span<float> noise = dimension <= 4096 ? stackalloc float[dimension] : new float[dimension];
        new Generator(seed, (ulong)Identity(row)).Fill(unit);
        Normalise(unit);
        var random = new Generator(seed ^ 0x9E37_79B9_7F4A_7C15, (ulong)row);
        var scale = (float)((0.6 + (0.6 * random.NextDouble())) / Math.Sqrt(dimension));
        random.Fill(noise);
        for (var i = 0; i < unit.Length; i++)
        {
            unit[i] += scale * noise[i];
        }

        Normalise(unit);
        return 20 - (10 * scale * MathF.Sqrt(dimension));
    }

    /// <summary>Rows <paramref name="first"/> to first + count - 1, row-major, generated on all cores.</summary>
    public float[] Rows(long first, int count)
    {
        var rows = GC.AllocateUninitializedArray<float>(checked(count * dimension));
        Rows(first, rows);
        return rows;
    }

    /// <summary>As many rows as the array holds, from <paramref name="first"/> on.</summary>
    public void Rows(long first, Memory<float> rows) => Parallel.For(
        0, rows.Length / dimension, row => Row(first + row, rows.Span.Slice(row * dimension, dimension)));

    /// <summary>Appends the first <paramref name="count"/> rows to an index of the same dimension.</summary>
    public void Fill(ExactIndex index, int count)
    {
        ArgumentNullException.ThrowIfNull(index);
        const int Block = 4096;
        var magnitudes = new float[Block];
        var block = new float[Block * dimension];
        for (var first = 0; first < count; first += Block)
        {
            var rows = Math.Min(Block, count - first);
            var start = first;
            Parallel.For(0, rows, row => magnitudes[row] = Row(start + row, block.AsSpan(row * dimension, dimension)));
            for (var row = 0; row < rows; row++)
            {
                index.Append(
                    new FaceRecord(new FaceId(0, (ulong)(first + row) + 1), magnitudes[row]), block.AsSpan(row * dimension, dimension));
            }
        }
    }

    /// <summary>Writes rows as raw little-endian single precision, so that other programs measure the same data.</summary>
    public void Write(Stream stream, long first, int count)
    {
        ArgumentNullException.ThrowIfNull(stream);
        const int Block = 4096;
        var buffer = new float[Math.Min(Block, count) * dimension];
        for (var done = 0; done < count; done += Block)
        {
            var rows = buffer.AsMemory(0, Math.Min(Block, count - done) * dimension);
            Rows(first + done, rows);
            stream.Write(MemoryMarshal.AsBytes(rows.Span));
        }
    }

    private static void Normalise(Span<float> values) => Similarity.Normalize(values, values);

    // SplitMix64 (Steele, Lea, Flood 2014) and the polar method of Marsaglia for normal deviates.
    private struct Generator(ulong seed, ulong stream)
    {
        private ulong _state = Mix(seed + (stream * 0xBF58_476D_1CE4_E5B9));

        public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

        public void Fill(Span<float> normal)
        {
            for (var i = 0; i < normal.Length; i += 2)
            {
                float x, y, square;
                do
                {
                    var bits = Next();
                    x = ((int)bits >> 7) * (1f / (1 << 24));
                    y = ((int)(bits >> 32) >> 7) * (1f / (1 << 24));
                    square = (x * x) + (y * y);
                }
                while (square is >= 1 or 0);
                var factor = MathF.Sqrt(-2 * MathF.Log(square) / square);
                normal[i] = x * factor;
                normal[i + 1] = y * factor;
            }
        }

        private ulong Next()
        {
            _state += 0x9E37_79B9_7F4A_7C15;
            return Mix(_state);
        }

        private static ulong Mix(ulong z)
        {
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return z ^ (z >> 31);
        }
    }
}
