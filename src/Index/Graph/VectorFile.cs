using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Index.Graph;

/// <summary>
/// The vector files of learn-to-cluster: raw little-endian single precision, row after row, without a header; the
/// dimension comes from elsewhere and the number of rows from the length.
/// </summary>
public static class VectorFile
{
    /// <summary>Reads all rows.</summary>
    /// <returns>Row-major, length a multiple of <paramref name="dimension"/>.</returns>
    /// <exception cref="InvalidDataException">The file does not hold a whole number of rows, or more than fit an array.</exception>
    public static float[] Read(string path, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        using var stream = File.OpenRead(path);
        if (stream.Length % ((long)dimension * sizeof(float)) != 0)
        {
            throw new InvalidDataException($"{path}: {stream.Length} bytes are not a whole number of rows of {dimension} floats.");
        }

        if (stream.Length / sizeof(float) > Array.MaxLength)
        {
            throw new InvalidDataException($"{path}: {stream.Length} bytes are more than one array can hold.");
        }

        var values = GC.AllocateUninitializedArray<float>((int)(stream.Length / sizeof(float)));
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Writes rows.</summary>
    public static void Write(string path, ReadOnlySpan<float> rows)
    {
        using var stream = File.Create(path);
        stream.Write(MemoryMarshal.AsBytes(rows));
    }

    /// <summary>Reads labels: one integer per line (<c>.meta</c>).</summary>
    /// <exception cref="InvalidDataException">A line is not an integer.</exception>
    public static int[] ReadLabels(string path)
    {
        var labels = new List<int>();
        foreach (var line in File.ReadLines(path))
        {
            if (!int.TryParse(line.AsSpan().Trim(), out var label))
            {
                throw new InvalidDataException($"{path}, line {labels.Count + 1}: '{line}' is not an integer.");
            }

            labels.Add(label);
        }

        return [.. labels];
    }

    /// <summary>Writes labels, one per line.</summary>
    public static void WriteLabels(string path, IEnumerable<int> labels) =>
        File.WriteAllLines(path, labels.Select(label => label.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>
    /// An index of raw vectors: each is normalised, its length is its magnitude, and row i is the face with id i + 1.
    /// </summary>
    /// <exception cref="InvalidDataException">A row has no direction (zero, infinite or not a number).</exception>
    public static ExactIndex Index(ReadOnlySpan<float> rows, int dimension)
    {
        var index = new ExactIndex(dimension);
        var unit = new float[dimension];
        for (var row = 0; row * (long)dimension < rows.Length; row++)
        {
            var magnitude = Similarity.Normalize(rows.Slice(row * dimension, dimension), unit);
            if (!float.IsFinite(magnitude) || magnitude <= 0)
            {
                throw new InvalidDataException($"Row {row} has the length {magnitude} and so no direction.");
            }

            index.Append(new FaceRecord(new FaceId(0, (ulong)row + 1), magnitude), unit);
        }

        return index;
    }
}
