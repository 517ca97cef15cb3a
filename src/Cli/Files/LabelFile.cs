using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Files;

/// <summary>Label files as learn-to-cluster has them (<c>.meta</c>): one label per line, in the order of the faces.</summary>
internal static class LabelFile
{
    /// <summary>
    /// Reads labels. Lines of integers keep their values; other labels (names) are numbered by first appearance.
    /// </summary>
    /// <exception cref="CliException">The file is missing, empty, or has an empty line.</exception>
    public static int[] Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"there is no file '{path}'.", ExitCode.NotFound);
        }

        var lines = File.ReadAllLines(path);
        if (lines.Length == 0)
        {
            throw new CliException($"'{path}' holds no label.", ExitCode.Refused);
        }

        var empty = Array.FindIndex(lines, string.IsNullOrWhiteSpace);
        if (empty >= 0)
        {
            throw new CliException($"line {empty + 1} of '{path}' is empty; one label per line is needed.", ExitCode.Refused);
        }

        var labels = new int[lines.Length];
        if (lines.Select((line, index) => int.TryParse(line, System.Globalization.NumberStyles.Integer, null, out labels[index])).All(parsed => parsed))
        {
            return labels;
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            if (!numbers.TryGetValue(lines[i].Trim(), out labels[i]))
            {
                labels[i] = numbers[lines[i].Trim()] = numbers.Count;
            }
        }

        return labels;
    }
}
