namespace FaceCluster.Storage.Tests.Support;

/// <summary>A folder of the test's own, removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("facecluster-storage-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Whether any file of the folder holds the bytes.</summary>
    public bool Contains(ReadOnlySpan<byte> pattern)
    {
        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            if (bytes.AsSpan().IndexOf(pattern) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
