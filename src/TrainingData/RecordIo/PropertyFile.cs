using System.Globalization;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>The file <c>property</c> beside a training set: <c>classes,height,width</c> on its first line.</summary>
/// <param name="ClassCount">Number of classes.</param>
/// <param name="Height">Height of every picture.</param>
/// <param name="Width">Width of every picture.</param>
public sealed record PropertyFile(int ClassCount, int Height, int Width)
{
    /// <summary>Reads the property file of a record file: <c>property</c>, or <c>x.property</c> for <c>x.rec</c>; null where there is none.</summary>
    /// <exception cref="TrainingDataException">Its first line is something else.</exception>
    public static PropertyFile? Of(string records)
    {
        string[] names = [Path.ChangeExtension(records, ".property"), Path.Combine(Path.GetDirectoryName(Path.GetFullPath(records))!, "property")];

        // "property" belongs to the whole folder, which is one set unless the set names its own.
        return names.FirstOrDefault(File.Exists) is { } path ? Read(path) : null;
    }

    /// <summary>Reads a property file.</summary>
    /// <exception cref="TrainingDataException">Its first line is something else.</exception>
    public static PropertyFile Read(string path)
    {
        var line = File.ReadLines(path).FirstOrDefault() ?? string.Empty;
        var fields = line.Split(',');
        var numbers = new int[3];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (fields.Length != 3 || !int.TryParse(fields[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out numbers[i]) || numbers[i] <= 0)
            {
                throw new TrainingDataException($"{path}: the first line is not 'classes,height,width' with three numbers above 0.");
            }
        }

        return new PropertyFile(numbers[0], numbers[1], numbers[2]);
    }

    /// <summary>Writes the file.</summary>
    public void Write(string path) => File.WriteAllText(path, string.Create(CultureInfo.InvariantCulture, $"{ClassCount},{Height},{Width}\n"));
}
