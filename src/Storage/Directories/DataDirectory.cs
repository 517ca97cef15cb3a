using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FaceCluster.Storage.Log;
using FaceCluster.Storage.Metadata.Sqlite;

namespace FaceCluster.Storage;

/// <summary>
/// The one folder in which a server keeps everything. Held by one process at a time: the lock goes with the process,
/// however it ends.
/// </summary>
/// <remarks>
/// <c>lock</c> held while in use; <c>owner.json</c> who holds it; <c>format.json</c> version of the layout;
/// <c>metadata.db</c> collections, identities, keys; <c>shards/</c> faces, see <see cref="LogShardStoreFactory"/>.
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    private const int FormatVersion = 1;

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Full path of the directory.</summary>
    public string Path { get; }

    /// <summary>The metadata database.</summary>
    public string MetadataPath => System.IO.Path.Combine(Path, "metadata.db");

    /// <summary>Folder of the shards.</summary>
    public string ShardsPath => System.IO.Path.Combine(Path, "shards");

    /// <summary>Takes a directory, creating it where it does not exist.</summary>
    /// <exception cref="DataDirectoryInUseException">It is held already.</exception>
    /// <exception cref="DataDirectoryException">It cannot be created or written, is too full, or a newer program wrote it.</exception>
    public static DataDirectory Open(string path, DataDirectoryOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = System.IO.Path.GetFullPath(path);
        options ??= new DataDirectoryOptions();
        try
        {
            CreatePrivately(path);
            var directory = new DataDirectory(path, Lock(path));
            try
            {
                directory.CheckFreeSpace(options.MinFreeBytes);
                directory.CheckFormat();
                directory.NameOwner();
                return directory;
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"Data directory '{path}' cannot be used: {error.Message}", error);
        }
    }

    /// <summary>Opens the metadata of this directory.</summary>
    public Task<SqliteMetadataStore> OpenMetadataAsync(CancellationToken cancellationToken = default) =>
        SqliteMetadataStore.OpenAsync(MetadataPath, cancellationToken);

    /// <summary>Creates the factory of this directory's shards. One at a time.</summary>
    public LogShardStoreFactory CreateShardStores(LogShardOptions? options = null) => new(ShardsPath, options);

    /// <summary>Bytes that may still be written on the directory's file system.</summary>
    public long GetFreeBytes() => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Lets go of the directory. Close its stores first.</summary>
    public void Dispose() => _lock.Dispose();

    private static void CreatePrivately(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            // Faces of people: for the owner's eyes only. A directory that exists keeps its mode.
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(System.IO.Path.Combine(path, "lock")))
        {
            throw new DataDirectoryInUseException(path, ReadOwner(path));
        }
    }

    private static string? ReadOwner(string path)
    {
        try
        {
            var owner = JsonSerializer.Deserialize<Owner>(File.ReadAllBytes(OwnerPath(path)));
            return owner is null ? null : string.Create(
                CultureInfo.InvariantCulture, $"process {owner.Pid} ({owner.Program}) on {owner.Machine} since {owner.Since:u}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static string OwnerPath(string path) => System.IO.Path.Combine(path, "owner.json");

    private void NameOwner()
    {
        using var process = Process.GetCurrentProcess();
        var owner = new Owner(Environment.ProcessId, process.ProcessName, Environment.MachineName, DateTimeOffset.UtcNow);
        File.WriteAllBytes(OwnerPath(Path), JsonSerializer.SerializeToUtf8Bytes(owner));
    }

    private void CheckFreeSpace(long minimum)
    {
        var free = GetFreeBytes();
        if (free < minimum)
        {
            throw new DataDirectoryException(
                $"Data directory '{Path}' has {free >> 20} MiB free, at least {minimum >> 20} MiB are required.");
        }
    }

    private void CheckFormat()
    {
        var file = System.IO.Path.Combine(Path, "format.json");
        if (!File.Exists(file))
        {
            if (Directory.Exists(ShardsPath) || File.Exists(MetadataPath))
            {
                throw new DataDirectoryException($"Data directory '{Path}' holds data but no format.json; it is damaged or not a data directory.");
            }

            var temporary = file + ".tmp";
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(new Format(FormatVersion)));
            File.Move(temporary, file, overwrite: true);
            return;
        }

        int version;
        try
        {
            version = JsonSerializer.Deserialize<Format>(File.ReadAllBytes(file))?.Version ?? 0;
        }
        catch (JsonException error)
        {
            throw new DataDirectoryException($"'{file}' is damaged: {error.Message}", error);
        }

        if (version is < 1 or > FormatVersion)
        {
            throw new DataDirectoryException(
                $"Data directory '{Path}' has format {version}; this program knows formats up to {FormatVersion}. Use a newer program.");
        }
    }

    private sealed record Owner(int Pid, string Program, string Machine, DateTimeOffset Since);

    private sealed record Format(int Version);
}
