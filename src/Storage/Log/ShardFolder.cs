using System.Globalization;

namespace FaceCluster.Storage.Log;

/// <summary>The folder of one shard and the names of its files.</summary>
/// <remarks>
/// <c>snapshot-LSN-EPOCH.fcs</c> covers every record up to LSN; <c>log-LSN-EPOCH.fcl</c> holds those after LSN. Numbers are
/// padded, so names sort by age. <c>*.tmp</c> is a snapshot that was not finished.
/// </remarks>
internal sealed class ShardFolder(string path)
{
    private const string SnapshotExtension = ".fcs";
    private const string LogExtension = ".fcl";
    private const string TemporaryExtension = ".tmp";

    public string Path => path;

    public static string NameOf(ShardName shard) =>
        System.IO.Path.Combine(CollectionNameOf(shard.Collection), shard.Number.ToString("D5", CultureInfo.InvariantCulture));

    /// <summary>A collection's folder: its name with everything but small letters, digits, '-' and '_' escaped, so that none leaves the root and no two meet.</summary>
    public static string CollectionNameOf(string collection) => string.Concat(System.Text.Encoding.UTF8.GetBytes(collection)
        .Select(value => char.IsAsciiLetterLower((char)value) || char.IsAsciiDigit((char)value) || value is (byte)'-' or (byte)'_'
            ? ((char)value).ToString()
            : string.Create(CultureInfo.InvariantCulture, $"%{value:X2}")));

    public string SnapshotPath(long lsn, long epoch) => File("snapshot", lsn, epoch, SnapshotExtension);

    public string LogPath(long lsn, long epoch) => File("log", lsn, epoch, LogExtension);

    public string TemporaryPath(long lsn, long epoch) => File("snapshot", lsn, epoch, TemporaryExtension);

    public void Create()
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            var parent = System.IO.Path.GetDirectoryName(path)!;
            Durability.FlushFolder(parent);
            Durability.FlushFolder(System.IO.Path.GetDirectoryName(parent)!);
        }
    }

    public void DeleteTemporary()
    {
        foreach (var file in Directory.EnumerateFiles(path, "*" + TemporaryExtension))
        {
            System.IO.File.Delete(file);
        }
    }

    public IReadOnlyList<string> Snapshots() => Sorted(SnapshotExtension);

    public IReadOnlyList<string> Logs() => Sorted(LogExtension);

    public void Flush() => Durability.FlushFolder(path);

    private string[] Sorted(string extension) =>
        [.. Directory.EnumerateFiles(path, "*" + extension).Order(StringComparer.Ordinal)];

    private string File(string kind, long lsn, long epoch, string extension) =>
        System.IO.Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"{kind}-{lsn:D19}-{epoch:D12}{extension}"));
}
