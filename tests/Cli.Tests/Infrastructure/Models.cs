using FaceCluster.Testing;
using FaceCluster.Vision.Models;

namespace FaceCluster.Cli.Tests.Infrastructure;

/// <summary>The models and sample photographs that <c>eng/fetch-models.sh</c> fetches; tests that need them skip without.</summary>
internal static class Models
{
    public static string Samples { get; } = Path.Combine(SharedData.RepositoryRoot, "artifacts", "samples");

    public static string Folder { get; } = Path.Combine(SharedData.RepositoryRoot, "artifacts", "models");

    public static void Require()
    {
        if (ModelFolder.Find(Folder) is null || !File.Exists(Path.Combine(Samples, "sample6.jpg")))
        {
            Assert.Skip("The models and sample photographs are not here (run eng/fetch-models.sh).");
        }
    }
}
