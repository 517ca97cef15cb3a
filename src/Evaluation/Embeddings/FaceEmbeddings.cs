using FaceCluster.Core;

namespace FaceCluster.Evaluation.Embeddings;

/// <summary>Raw embeddings of faces with their magnitudes and unit vectors.</summary>
public sealed class FaceEmbeddings
{
    private readonly float[] _raw;
    private readonly float[] _units;
    private readonly float[] _magnitudes;

    /// <param name="raw">Raw embeddings, row by row.</param>
    /// <param name="dimension">Length of one, a multiple of 8.</param>
    /// <exception cref="ArgumentException">An embedding is zero or not finite; the row is named.</exception>
    public FaceEmbeddings(float[] raw, int dimension)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if (raw.Length % dimension != 0)
        {
            throw new ArgumentException($"{raw.Length} values are no whole number of rows of {dimension}.", nameof(raw));
        }

        (_raw, Dimension) = (raw, dimension);
        Count = raw.Length / dimension;
        _units = new float[raw.Length];
        _magnitudes = new float[Count];
        for (var row = 0; row < Count; row++)
        {
            _magnitudes[row] = Similarity.Normalize(raw.AsSpan(row * dimension, dimension), _units.AsSpan(row * dimension, dimension));
            if (!float.IsFinite(_magnitudes[row]) || _magnitudes[row] <= 0)
            {
                throw new ArgumentException($"The model gave face {row} an embedding without a finite length above 0.", nameof(raw));
            }
        }
    }

    /// <summary>Number of faces.</summary>
    public int Count { get; }

    /// <summary>Length of an embedding.</summary>
    public int Dimension { get; }

    /// <summary>Magnitude of each raw embedding.</summary>
    public ReadOnlySpan<float> Magnitudes => _magnitudes;

    /// <summary>All raw embeddings.</summary>
    public ReadOnlySpan<float> Raw => _raw;

    /// <summary>The unit vector of a face.</summary>
    public ReadOnlySpan<float> Unit(int row) => _units.AsSpan(row * Dimension, Dimension);

    /// <summary>The raw embedding of a face.</summary>
    public ReadOnlySpan<float> Vector(int row) => _raw.AsSpan(row * Dimension, Dimension);

    /// <summary>The canonical cosine of two faces.</summary>
    public float Cosine(int left, int right) => (float)Similarity.Dot(Unit(left), Unit(right));

    /// <summary>The faces with those rows, in that order.</summary>
    public FaceEmbeddings Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var raw = new float[rows.Count * Dimension];
        for (var i = 0; i < rows.Count; i++)
        {
            Vector(rows[i]).CopyTo(raw.AsSpan(i * Dimension));
        }

        return new FaceEmbeddings(raw, Dimension);
    }
}
