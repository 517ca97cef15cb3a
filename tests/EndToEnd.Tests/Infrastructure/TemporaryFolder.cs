namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>A folder that goes with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("facecluster-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
