using FaceCluster.Testing;
using Xunit;

namespace FaceCluster.Vision.Tests.Engine;

/// <summary>One engine over the default models for all tests that need them; null where they were not fetched.</summary>
public sealed class DefaultModels : IAsyncLifetime
{
    private const string Missing = "The default models are not there (run eng/fetch-models.sh).";

    private VisionEngine? _engine;

    /// <summary>The engine; the test is skipped where there are no models.</summary>
    public VisionEngine Engine
    {
        get
        {
            Assert.SkipWhen(_engine is null, Missing);
            return _engine!;
        }
    }

    /// <summary>Number of people who face the camera in the sample photographs 1 to 6.</summary>
    public static IReadOnlyList<int> People { get; } = [3, 3, 3, 4, 5, 4];

    public static string Sample(int number) => Path.Combine(SharedData.RepositoryRoot, "artifacts", "samples", $"sample{number}.jpg");

    public ValueTask InitializeAsync()
    {
        var folder = Path.Combine(SharedData.RepositoryRoot, "artifacts", "models");
        if (File.Exists(Path.Combine(folder, "fr_feature.onnx")) && File.Exists(Sample(1)))
        {
            _engine = VisionEngine.Create(new VisionOptions { ModelDirectory = folder });
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }
}
