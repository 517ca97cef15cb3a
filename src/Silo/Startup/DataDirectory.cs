using System.Globalization;

namespace FaceCluster.Silo.Startup;

/// <summary>
/// The folder of a server's data, held by one process at a time: an exclusive lock on a file in it, which the operating
/// system drops with the process, however that ends.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const string LockFile = "server.lock";
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The file of the metadata.</summary>
    public string MetadataFile => MetadataFileOf(Path);

    /// <summary>The folder of the shards.</summary>
    public string ShardFolder => System.IO.Path.Combine(Path, "shards");

    /// <summary>The file of the metadata in a data folder.</summary>
    public static string MetadataFileOf(string path) => System.IO.Path.Combine(path, "metadata.db");

    /// <summary>Takes the folder, creating it where it is missing.</summary>
    /// <exception cref="ServerStartException">Another process holds it, or it cannot be written.</exception>
    public static DataDirectory Take(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ServerStartException($"{FaceClusterServerOptions.Section}:{nameof(FaceClusterServerOptions.DataDirectory)} is missing: name the folder of the data.");
        }

        var full = System.IO.Path.GetFullPath(path);
        FileStream held;
        try
        {
            Directory.CreateDirectory(full);
            held = new FileStream(System.IO.Path.Combine(full, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ServerStartException($"The data folder {full} cannot be written: {exception.Message}", exception);
        }
        catch (IOException exception) when (Directory.Exists(full) && File.Exists(System.IO.Path.Combine(full, LockFile)))
        {
            throw new ServerStartException($"The data folder {full} is in use by another server; stop that one or name another folder.", exception);
        }
        catch (IOException exception)
        {
            throw new ServerStartException($"The data folder {full} cannot be opened: {exception.Message}", exception);
        }

        // For people who wonder who holds it.
        held.SetLength(0);
        held.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
        held.Flush();
        return new DataDirectory(full, held);
    }

    public void Dispose() => _lock.Dispose();
}
