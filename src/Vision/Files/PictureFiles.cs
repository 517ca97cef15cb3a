namespace FaceCluster.Vision.Files;

/// <summary>Turns what a user names on a command line into picture files.</summary>
public static class PictureFiles
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>
    /// Expands folders (all pictures below, by name), lists (a <c>.txt</c> with one path a line, relative to the list)
    /// and single files, in the order given. A file named by hand or in a list is taken whatever it is called.
    /// </summary>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    public static IEnumerable<string> Expand(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
            {
                foreach (var file in InFolder(path))
                {
                    yield return file;
                }
            }
            else if (!File.Exists(path))
            {
                throw new FileNotFoundException($"There is no file or folder {path}.", path);
            }
            else if (path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var file in InList(path))
                {
                    yield return file;
                }
            }
            else
            {
                yield return path;
            }
        }
    }

    private static IEnumerable<string> InFolder(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<string> InList(string list)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(list))!;
        return File.ReadLines(list).Select(line => line.Trim()).Where(line => line.Length > 0).Select(line => Path.Combine(folder, line));
    }
}
