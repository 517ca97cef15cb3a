using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Ingest;

/// <summary>A photograph on disk and the camera it counts for.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Camera">Name of the camera.</param>
public sealed record PhotoFile(string Path, string Camera);

/// <summary>Finds photographs in folders.</summary>
public static class PhotoFolder
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".webp" };

    /// <summary>
    /// All photographs (JPEG, PNG, WebP by their extension) below the folders, and every file that is named itself, by
    /// path. Hidden files and folders are left out, and links to folders are not followed.
    /// </summary>
    /// <param name="paths">Folders and files.</param>
    /// <param name="camera">The camera of all of them; null takes the name of the folder that a photograph lies in.</param>
    /// <exception cref="CliException">A path does not exist, or nothing was found.</exception>
    public static IReadOnlyList<PhotoFile> Find(IReadOnlyList<string> paths, string? camera)
    {
        var files = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(path))
            {
                files.Add(Path.GetFullPath(path));
            }
            else if (Directory.Exists(path))
            {
                files.AddRange(Directory.EnumerateFiles(Path.GetFullPath(path), "*", new EnumerationOptions
                {
                    RecurseSubdirectories = true,
                    IgnoreInaccessible = true,
                    AttributesToSkip = FileAttributes.Hidden | FileAttributes.System | FileAttributes.ReparsePoint,
                }).Where(file => Extensions.Contains(Path.GetExtension(file))));
            }
            else
            {
                throw new CliException($"there is no file or folder '{path}'.", ExitCode.NotFound);
            }
        }

        if (files.Count == 0)
        {
            throw new CliException($"there is no photograph ({string.Join(", ", Extensions)}) in {string.Join(", ", paths)}.", ExitCode.NotFound);
        }

        files.Sort(StringComparer.Ordinal);
        return [.. files.Distinct(StringComparer.Ordinal).Select(file => new PhotoFile(file, camera ?? CameraOf(file)))];
    }

    /// <summary>The name of the folder, as the API takes it: without control characters, at most 128 bytes.</summary>
    private static string CameraOf(string file)
    {
        var name = Path.GetFileName(Path.GetDirectoryName(file)) is { Length: > 0 } folder ? folder : "photographs";
        var clean = string.Concat(name.Where(letter => !char.IsControl(letter) && letter != '/'));
        while (System.Text.Encoding.UTF8.GetByteCount(clean) > 128)
        {
            clean = clean[..^1];
        }

        return clean.Length == 0 ? "photographs" : clean;
    }
}
