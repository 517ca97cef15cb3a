using System.Security.Cryptography;
using System.Text.Json;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Backups;

/// <summary>A file of a backup or export.</summary>
/// <param name="Name">Within the folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Lower-case hexadecimal.</param>
internal sealed record ManifestFile(string Name, long Bytes, string Sha256);

/// <summary>What a backup or export holds: <c>manifest.json</c>, written last.</summary>
internal sealed record FolderManifest
{
    public const string FileName = "manifest.json";
    public const string Backup = "backup";
    public const string Export = "export";
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary><see cref="Backup"/> or <see cref="Export"/>.</summary>
    public required string Kind { get; init; }

    public required int Format { get; init; }

    /// <summary>The collection that was read.</summary>
    public required string Collection { get; init; }

    /// <summary>Token of the revision that is held; reads of that collection may name it.</summary>
    public required string Revision { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required long Items { get; init; }

    public required long Faces { get; init; }

    /// <summary>Of these only the ids are held.</summary>
    public required long DeletedFaces { get; init; }

    public required long Identities { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>Reads the manifest of a folder.</summary>
    public static async Task<FolderManifest> ReadAsync(string folder, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new CliException($"'{folder}' holds no {FileName}: it is not a backup or export, or was not finished.", ExitCode.NotFound);
        }

        try
        {
            var manifest = JsonSerializer.Deserialize<FolderManifest>(await File.ReadAllBytesAsync(path, cancellation), Json)
                ?? throw new CliException($"'{path}' is empty.", ExitCode.Refused);
            return manifest.Format is >= 1 and <= CurrentFormat
                ? manifest
                : throw new CliException($"'{folder}' has format {manifest.Format}; this program knows formats up to {CurrentFormat}.", ExitCode.Refused);
        }
        catch (JsonException error)
        {
            throw new CliException($"'{path}' is damaged: {error.Message}", ExitCode.Refused, error);
        }
    }

    /// <summary>Writes the manifest, under another name until it is whole.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, FileName);
        await using (var stream = new FileStream(path + ".tmp", FileMode.Create))
        {
            await JsonSerializer.SerializeAsync(stream, this, Json, cancellation);
            stream.Flush(flushToDisk: true);
        }

        File.Move(path + ".tmp", path);
    }

    /// <summary>The entry of a file as it is on the disk.</summary>
    public static async Task<ManifestFile> DescribeAsync(string folder, string name, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(folder, name));
        return new ManifestFile(name, stream.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation)));
    }

    /// <summary>Compares every file with its entry.</summary>
    /// <exception cref="CliException">One is missing or another than it was.</exception>
    public async Task CheckFilesAsync(string folder, CancellationToken cancellation)
    {
        foreach (var file in Files)
        {
            if (file.Name != Path.GetFileName(file.Name) || !File.Exists(Path.Combine(folder, file.Name)))
            {
                throw new CliException($"the file '{file.Name}' is missing from '{folder}'.", ExitCode.Refused);
            }

            if (await DescribeAsync(folder, file.Name, cancellation) != file)
            {
                throw new CliException($"the file '{file.Name}' of '{folder}' is damaged: length or SHA-256 differs from the manifest.", ExitCode.Refused);
            }
        }
    }
}
