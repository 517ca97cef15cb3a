using System.Text.Json;
using FaceCluster.Testing.Pictures;
using FaceCluster.Trainer.Data;
using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Fit;
using FaceCluster.TrainingData.Augmentation;
using Xunit;

namespace FaceCluster.Trainer.Tests.Fit;

/// <summary>Training over what the frozen first layers give, computed once.</summary>
public sealed class FeatureCacheTests : IDisposable
{
    private static readonly AugmentationOptions Degrading = new() { Blur = 0.5, LowResolution = 0.5 };

    private readonly SyntheticFaces _faces = new();
    private readonly Observer _observer = new();

    public FeatureCacheTests()
    {
        foreach (var person in (string[])["Ann", "Ben", "Cleo", "Dan"])
        {
            _faces.Add(person, 5, folders: true);
        }
    }

    private string[] CacheFiles => Directory.GetFiles(_faces.Path, "features-*", SearchOption.AllDirectories);

    public void Dispose() => _faces.Dispose();

    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.5, 1)]
    [InlineData(0.5, 2)]
    public void Run_WithCache_EndsWhereOneWithoutEnds(double flip, int accumulate)
    {
        var augmentation = new AugmentationOptions { Flip = flip };
        var configuration = Configuration("plain", steps: 8) with { Run = new RunOptions { Steps = 8, BatchSize = 8, Accumulate = accumulate } };
        var plain = Train(configuration with { Start = configuration.Start with { Cache = null } }, augmentation);
        var cached = Train(configuration with { Output = _faces.File("cached") }, augmentation);

        Assert.Single(CacheFiles);
        Assert.Equal(plain.Keys.Order(), cached.Keys.Order());
        Assert.All(plain, entry => Assert.Equal(Floats(entry.Value), Floats(cached[entry.Key]), Near));
    }

    [Fact]
    public void Run_WithHalfPrecision_EndsNearby()
    {
        var configuration = Configuration("single", steps: 3);
        var single = Train(configuration, AugmentationOptions.FlipOnly);
        var half = Train(configuration with { Output = _faces.File("half"), Start = configuration.Start with { Cache = new CacheOptions { Half = true } } }, AugmentationOptions.FlipOnly);

        var (left, right) = (Floats(single["network.body.9.weight"]), Floats(half["network.body.9.weight"]));
        Assert.NotEqual(left, right);
        Assert.All(left.Zip(right), pair => Assert.Equal(pair.First, pair.Second, 0.01f));
    }

    [Fact]
    public void Resume_WithCache_ContinuesBitByBitAndComputesNothingAgain()
    {
        var configuration = Configuration("whole", steps: 9) with { Start = Start(_faces.File("kept")) };
        var whole = Train(configuration, Degrading);

        var half = configuration with { Output = _faces.File("parts") };
        using (var interruption = new CancellationTokenSource())
        {
            _observer.Reported = step => { if (step == 4) { interruption.Cancel(); } };
            using var source = Open(Degrading);
            using var first = TrainingRun.Create(half, source);
            Assert.False(first.Run(_observer, interruption.Token).Finished);
            _observer.Reported = null;
        }

        _observer.Events.Clear();
        using var again = Open(Degrading);
        using (var second = TrainingRun.Create(half, again))
        {
            second.Resume(second.CheckpointPath);
            Assert.True(second.Run(_observer).Finished);
        }

        Assert.DoesNotContain(_observer.Events, message => message.Contains("computing", StringComparison.Ordinal));
        var parts = Read(half);
        Assert.All(whole, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(parts[entry.Key]), $"{entry.Key} differs"));
    }

    [Fact]
    public void Run_WithTheCacheOfAnotherSeed_SharesIt_AndOfOtherPictures_DoesNot()
    {
        var configuration = Configuration("one", steps: 1) with { Start = Start(_faces.File("kept")) };
        Train(configuration, Degrading);

        // The tiny network's frozen part comes from the seed, so another run must start from the first one's weights.
        Train(configuration with { Output = _faces.File("two"), Seed = 9, Start = configuration.Start with { Checkpoint = _faces.File("one/last.fct") } }, Degrading);
        Assert.Single(CacheFiles);

        Train(configuration with { Output = _faces.File("three") }, Degrading with { Blur = 0.6 });
        Assert.Equal(2, CacheFiles.Length);
    }

    [Fact]
    public void Run_WithADamagedCache_ComputesItAnew()
    {
        var configuration = Configuration("first", steps: 2);
        var first = Train(configuration with { Start = Start(_faces.File("kept")) }, Degrading);
        var bytes = File.ReadAllBytes(CacheFiles[0]);
        bytes[^5] ^= 1;
        File.WriteAllBytes(CacheFiles[0], bytes);

        var second = Train(configuration with { Output = _faces.File("second"), Start = Start(_faces.File("kept")) }, Degrading);

        Assert.Contains(_observer.Events, message => message.Contains("damaged", StringComparison.Ordinal));
        Assert.All(first, entry => Assert.True(entry.Value.AsSpan().SequenceEqual(second[entry.Key]), $"{entry.Key} differs"));
    }

    [Fact]
    public void Run_InterruptedWhileComputing_LeavesNoPartOfAFile()
    {
        using var source = Open(Degrading);
        using var run = TrainingRun.Create(Configuration("stopped", steps: 2) with { Start = Start(_faces.File("kept")) }, source);
        using var interruption = new CancellationTokenSource();
        interruption.Cancel();

        var outcome = run.Run(_observer, interruption.Token);

        Assert.False(outcome.Finished);
        Assert.Empty(CacheFiles);
        Assert.True(File.Exists(run.CheckpointPath));
    }

    [Fact]
    public void HeadFromMeans_WithCache_StartsWithMostPicturesRight()
    {
        var configuration = Configuration("means", steps: 1);
        Train(configuration with { Start = configuration.Start with { HeadFromMeans = true } }, AugmentationOptions.FlipOnly);

        Assert.True(_observer.Reports[^1].Accuracy > 0.6, $"accuracy {_observer.Reports[^1].Accuracy}");
    }

    [Theory]
    [InlineData("nothing frozen", "start.freezeShare or start.freeze must freeze some")]
    [InlineData("a later layer frozen", "no first layers that stay as they are")]
    [InlineData("statistics learned", "start.freezeStatistics")]
    [InlineData("everything frozen", "nothing left to train")]
    [InlineData("no variants", "start.cache.variants must say")]
    [InlineData("variants of mirror images", "start.cache.variants must be left out")]
    [InlineData("a folder that is a file", "cannot be written")]
    public void Run_WithACacheThatCannotBe_SaysWhy(string what, string expected)
    {
        var configuration = Configuration("wrong", steps: 1);
        var start = configuration.Start;
        File.WriteAllText(_faces.File("file"), string.Empty);
        var (wrong, augmentation) = what switch
        {
            "nothing frozen" => (start with { Freeze = [] }, AugmentationOptions.FlipOnly),
            "a later layer frozen" => (start with { Freeze = ["body.9"] }, AugmentationOptions.FlipOnly),
            "statistics learned" => (start with { Freeze = ["body.1"], FreezeStatistics = false }, AugmentationOptions.FlipOnly),
            "everything frozen" => (start with { Freeze = ["body"] }, AugmentationOptions.FlipOnly),
            "no variants" => (start with { Cache = new CacheOptions() }, Degrading),
            "variants of mirror images" => (start with { Cache = new CacheOptions { Variants = 3 } }, AugmentationOptions.FlipOnly),
            _ => (Start(_faces.File("file")), Degrading),
        };

        var error = Assert.Throws<FitException>(() =>
        {
            FitConfigurationReader.Check(configuration with { Start = wrong });
            Train(configuration with { Start = wrong }, augmentation);
        });

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static bool Near(float left, float right) => Math.Abs(left - right) <= 1e-4f * Math.Max(1, Math.Abs(left));

    private static float[] Floats(byte[] bytes) => bytes.Length % 4 == 0 ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray() : [];

    private static StartOptions Start(string? folder = null) => new()
    {
        Freeze = ["body.0.", "body.1.", "body.2", "body.3"],
        FreezeStatistics = true,
        Cache = new CacheOptions { Folder = folder, Variants = folder is null ? 0 : 3 },
    };

    private FitConfiguration Configuration(string name, long steps) => new()
    {
        Output = _faces.File(name),
        Seed = 3,
        Model = new ModelOptions { Backbone = "tiny", EmbeddingSize = 16 },
        Start = Start(),
        Head = new MagFaceOptions { Scale = 16, LowerNorm = 1, UpperNorm = 50 },
        Optimiser = new OptimiserOptions { Rate = 0.05 },
        Run = new RunOptions { Steps = steps, BatchSize = 8, LogEvery = 1 },
    };

    private LoaderBatchSource Open(AugmentationOptions augmentation)
    {
        var json = JsonSerializer.SerializeToElement(new { path = _faces.Path, threads = 1 });
        return LoaderBatchSource.Open(DataConfiguration.Read(json, ".") with { Augmentation = augmentation }, 8, 112, 3);
    }

    private Dictionary<string, byte[]> Train(FitConfiguration configuration, AugmentationOptions augmentation)
    {
        using var source = Open(augmentation);
        var start = configuration.Start;
        if (start.Cache is { Folder: null, Variants: 0 } cache && !augmentation.IsFlipOnly && configuration.Output != _faces.File("wrong"))
        {
            start = start with { Cache = cache with { Variants = 3 } };
        }

        using (var run = TrainingRun.Create(configuration with { Start = start }, source))
        {
            Assert.True(run.Run(_observer).Finished);
        }

        return Read(configuration);
    }

    private static Dictionary<string, byte[]> Read(FitConfiguration configuration)
    {
        var (_, tensors) = CheckpointFile.Read(Path.Combine(configuration.Output, TrainingRun.CheckpointName));
        var result = tensors.ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }

        return result;
    }

    private sealed class Observer : ITrainingObserver
    {
        public List<StepReport> Reports { get; } = [];

        public List<string> Events { get; } = [];

        public Action<long>? Reported { get; set; }

        public void OnReport(StepReport report)
        {
            Reports.Add(report);
            Reported?.Invoke(report.Step);
        }

        public void OnEvent(string message) => Events.Add(message);
    }
}
