using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Faces as the batch functions take them: ids, magnitudes and unit vectors, row by row in one block of memory.
/// </summary>
public sealed class FaceSet
{
    private readonly FaceId[] _ids;
    private readonly float[] _magnitudes;
    private readonly float[] _units;

    /// <summary>Wraps arrays that the caller leaves alone from now on.</summary>
    /// <param name="ids">One id per face, all different.</param>
    /// <param name="magnitudes">Lengths of the raw embeddings, finite and above 0.</param>
    /// <param name="units">Unit vectors from <see cref="Similarity.Normalize"/>, row-major, faces x dimension.</param>
    /// <param name="dimension">Elements per vector, a multiple of <see cref="Similarity.LaneCount"/>.</param>
    public FaceSet(FaceId[] ids, float[] magnitudes, float[] units, int dimension)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(magnitudes);
        ArgumentNullException.ThrowIfNull(units);
        CheckDimension(dimension);
        if (magnitudes.Length != ids.Length || units.LongLength != (long)ids.Length * dimension)
        {
            throw new ArgumentException(
                $"{ids.Length} ids need as many magnitudes (got {magnitudes.Length}) and {(long)ids.Length * dimension} unit elements (got {units.LongLength}).");
        }

        _ids = ids;
        _magnitudes = magnitudes;
        _units = units;
        Dimension = dimension;
    }

    /// <summary>Number of faces.</summary>
    public int Count => _ids.Length;

    /// <summary>Elements per vector.</summary>
    public int Dimension { get; }

    /// <summary>All ids in row order.</summary>
    public ReadOnlySpan<FaceId> Ids => _ids;

    /// <summary>All magnitudes in row order.</summary>
    public ReadOnlySpan<float> Magnitudes => _magnitudes;

    /// <summary>All unit vectors, row-major.</summary>
    public ReadOnlyMemory<float> Units => _units;

    /// <summary>The id of a row.</summary>
    public FaceId Id(int row) => _ids[row];

    /// <summary>The rank of a row.</summary>
    public FaceRank Rank(int row) => new(_magnitudes[row], _ids[row]);

    /// <summary>The unit vector of a row.</summary>
    public ReadOnlySpan<float> Unit(int row) => _units.AsSpan(row * Dimension, Dimension);

    /// <summary>The canonical similarity of two rows.</summary>
    public double Similarity(int left, int right) => Core.Similarity.Dot(Unit(left), Unit(right));

    /// <summary>
    /// Normalises raw embeddings. Where no ids are given, a face is named by its content (SHA-256 of its bytes; equal
    /// rows are numbered), so that the result does not depend on the order of the rows.
    /// </summary>
    /// <param name="raw">Raw embeddings, row-major; overwritten by the unit vectors.</param>
    /// <param name="dimension">Elements per vector, a multiple of <see cref="Similarity.LaneCount"/>.</param>
    /// <param name="ids">One id per row, or null.</param>
    /// <exception cref="ArgumentException">A length does not fit, an id repeats, or a row is zero or not finite; the message names it.</exception>
    public static FaceSet FromRaw(float[] raw, int dimension, FaceId[]? ids = null)
    {
        ArgumentNullException.ThrowIfNull(raw);
        CheckDimension(dimension);
        if (raw.Length % dimension != 0)
        {
            throw new ArgumentException($"{raw.Length} floats are not a whole number of rows of {dimension}.", nameof(raw));
        }

        var count = raw.Length / dimension;
        if (ids is not null && ids.Length != count)
        {
            throw new ArgumentException($"{count} rows need as many ids, got {ids.Length}.", nameof(ids));
        }

        var names = ids ?? NameByContent(raw, count, dimension);
        if (ids is not null && new HashSet<FaceId>(ids).Count != count)
        {
            throw new ArgumentException("A face id occurs twice.", nameof(ids));
        }

        var magnitudes = new float[count];
        Parallel.For(0, count, row =>
        {
            var vector = raw.AsSpan(row * dimension, dimension);
            magnitudes[row] = Core.Similarity.Normalize(vector, vector);
        });

        for (var row = 0; row < count; row++)
        {
            if (!float.IsFinite(magnitudes[row]) || magnitudes[row] <= 0)
            {
                throw new ArgumentException($"Row {row} has the magnitude {magnitudes[row]}; an embedding must be finite and not zero.", nameof(raw));
            }
        }

        return new FaceSet(names, magnitudes, raw, dimension);
    }

    /// <summary>The faces of the given rows, in that order.</summary>
    public FaceSet Select(ReadOnlySpan<int> rows)
    {
        var ids = new FaceId[rows.Length];
        var magnitudes = new float[rows.Length];
        var units = new float[rows.Length * Dimension];
        for (var i = 0; i < rows.Length; i++)
        {
            ids[i] = _ids[rows[i]];
            magnitudes[i] = _magnitudes[rows[i]];
            Unit(rows[i]).CopyTo(units.AsSpan(i * Dimension));
        }

        return new FaceSet(ids, magnitudes, units, Dimension);
    }

    private static void CheckDimension(int dimension)
    {
        if (dimension <= 0 || dimension % Core.Similarity.LaneCount != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(dimension), dimension, $"The dimension must be a positive multiple of {Core.Similarity.LaneCount}.");
        }
    }

    private static FaceId[] NameByContent(float[] raw, int count, int dimension)
    {
        var ids = new FaceId[count];
        Parallel.For(0, count, row =>
        {
            Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(MemoryMarshal.AsBytes(raw.AsSpan(row * dimension, dimension)), digest);
            ids[row] = FaceId.Read(digest);
        });

        // Equal rows are interchangeable, so numbering them by position changes no cluster as a set of contents.
        var seen = new HashSet<FaceId>(count);
        for (var row = 0; row < count; row++)
        {
            while (!seen.Add(ids[row]))
            {
                ids[row] = new FaceId(ids[row].High, ids[row].Low + 1);
            }
        }

        return ids;
    }
}
