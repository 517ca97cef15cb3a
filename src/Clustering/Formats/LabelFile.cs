using System.Globalization;

namespace FaceCluster.Clustering;

/// <summary>
/// Labels as learn-to-cluster stores them (<c>.meta</c>, predictions <c>.txt</c>): one integer a line. NumPy arrays of
/// integers (<c>.npy</c>, <c>.npz</c> with <c>labels</c> or <c>data</c>) are read too.
/// </summary>
public static class LabelFile
{
    /// <summary>Reads all labels; empty lines at the end are ignored.</summary>
    /// <exception cref="InvalidDataException">A line is not an integer; the message names it.</exception>
    public static int[] Read(string path)
    {
        if (NumpyFile.Is(path))
        {
            var array = NumpyFile.Read(path, "labels", "data");
            return array.Shape.Length == 1
                ? array.ToIntegers(path)
                : throw new InvalidDataException($"{path} has {array.Shape.Length} dimensions; labels have one.");
        }

        var labels = new List<int>();
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            if (labels.Count < line - 1)
            {
                throw new InvalidDataException($"{path}: line {labels.Count + 1} is empty.");
            }

            if (!int.TryParse(text.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var label))
            {
                throw new InvalidDataException($"{path}: line {line} is not a 32-bit integer.");
            }

            labels.Add(label);
        }

        return [.. labels];
    }

    /// <summary>Writes one label a line.</summary>
    public static void Write(string path, ReadOnlySpan<int> labels)
    {
        using var writer = new StreamWriter(path);
        foreach (var label in labels)
        {
            writer.Write(label.ToString(CultureInfo.InvariantCulture));
            writer.Write('\n');
        }
    }
}
