using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Optimisation;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp;
using Xunit;

namespace FaceCluster.Training.Tests.Fit;

public sealed class TrainingRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Recorder _recorder = new();

    public static TheoryData<string> Kinds => ["sgd-arcface", "adamw-magface", "elastic-partial-dropout", "curricular-center-accumulate", "sphereface-average-regularface"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_OnSeparablePictures_LearnsThem()
    {
        using var source = new SyntheticFaces();
        using var run = TrainingRun.Create(Configuration("sgd-arcface", steps: 60), source);

        var outcome = run.Run(_recorder);

        Assert.True(outcome.Finished);
        Assert.Equal(60, outcome.Step);
        Assert.True(_recorder.Reports[^1].Loss < _recorder.Reports[0].Loss / 2, $"loss went from {_recorder.Reports[0].Loss} to {_recorder.Reports[^1].Loss}");
        Assert.True(_recorder.Reports[^1].Accuracy > 0.95);
        Assert.True(File.Exists(run.CheckpointPath));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Resume_AfterAnInterruption_ContinuesBitByBit(string kind)
    {
        var configuration = Configuration(kind, steps: 12);
        using var source = new SyntheticFaces();
        using (var whole = TrainingRun.Create(configuration with { Output = _folder["whole"] }, source))
        {
            whole.Run(_recorder);
        }

        using var interruption = new CancellationTokenSource();
        using var other = new SyntheticFaces { BeforeRead = position => { if (position >= 7) { interruption.Cancel(); } } };
        var half = configuration with { Output = _folder["half"] };
        using (var first = TrainingRun.Create(half, other))
        {
            var outcome = first.Run(_recorder, interruption.Token);
            Assert.False(outcome.Finished);
            Assert.InRange(outcome.Step, 1, 11);
        }

        using var again = new SyntheticFaces();
        using (var second = TrainingRun.Create(half with { Seed = half.Seed }, again))
        {
            second.Resume(second.CheckpointPath);
            Assert.True(second.Run(_recorder).Finished);
        }

        var (left, right) = (CheckpointFile.Read(_folder["whole/last.fct"]), CheckpointFile.Read(_folder["half/last.fct"]));
        Assert.Equal(left.Tensors.Keys.Order(), right.Tensors.Keys.Order());
        foreach (var (name, tensor) in left.Tensors)
        {
            Assert.True(tensor.bytes.SequenceEqual(right.Tensors[name].bytes), $"{name} differs");
        }
    }

    [Fact]
    public void Run_OverManySteps_LeavesNoTensorBehind()
    {
        using var source = new SyntheticFaces { };
        using var run = TrainingRun.Create(Configuration("elastic-partial-dropout", steps: 400) with { Run = Configuration("elastic-partial-dropout", 400).Run with { LogEvery = 7, SaveEvery = 100 } }, source);
        var live = new List<long>();
        source.BeforeRead = position =>
        {
            if (position is 50 or 399)
            {
                live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            }
        };

        run.Run(_recorder);

        Assert.Equal(2, live.Count);
        Assert.Equal(live[0], live[1]);
    }

    [Fact]
    public void HeadFromMeans_StartsWithMostPicturesRight()
    {
        using var source = new SyntheticFaces();
        var configuration = Configuration("sgd-arcface", steps: 1);
        using var run = TrainingRun.Create(configuration with { Start = new StartOptions { HeadFromMeans = true } }, source);

        run.Run(_recorder);

        Assert.True(_recorder.Reports[0].Accuracy > 0.8, $"accuracy {_recorder.Reports[0].Accuracy}");
    }

    [Fact]
    public void FrozenParameters_StayAsTheyAre()
    {
        using var source = new SyntheticFaces();
        var configuration = Configuration("sgd-arcface", steps: 3);
        using var run = TrainingRun.Create(configuration with { Start = new StartOptions { Freeze = ["body.0"] } }, source);
        var before = run.Network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());

        run.Run(_recorder);

        Assert.Equal(before["body.0.weight"], run.Network.state_dict()["body.0.weight"].bytes.ToArray());
        Assert.NotEqual(before["body.9.weight"], run.Network.state_dict()["body.9.weight"].bytes.ToArray());
    }

    [Fact]
    public void NotFinite_WithStop_NamesTheStepAndTheTensor()
    {
        using var source = new SyntheticFaces();
        source.Broken.Add(3);
        using var run = TrainingRun.Create(Configuration("sgd-arcface", steps: 6), source);

        var error = Assert.Throws<FitException>(() => run.Run(_recorder));

        Assert.Contains("step 4 of 6", error.Message, StringComparison.Ordinal);
        Assert.Contains("'loss'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NotFinite_WithSkip_StopsWhereRunningStatisticsAreLost()
    {
        using var source = new SyntheticFaces();
        source.Broken.Add(3);
        var configuration = Configuration("sgd-arcface", steps: 6);
        using var run = TrainingRun.Create(configuration with { Run = configuration.Run with { OnNan = NanPolicy.Skip } }, source);

        var error = Assert.Throws<FitException>(() => run.Run(_recorder));

        Assert.Contains("running_mean", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NotFinite_WithRollBack_RestoresTheCheckpointAndGoesOnBehindTheBatch()
    {
        using var source = new SyntheticFaces();
        source.Broken.Add(5);
        var configuration = Configuration("sgd-arcface", steps: 8);
        using var run = TrainingRun.Create(configuration with { Run = configuration.Run with { OnNan = NanPolicy.RollBack, SaveEvery = 2 } }, source);

        var outcome = run.Run(_recorder);

        Assert.True(outcome.Finished);
        Assert.Contains(_recorder.Events, text => text.Contains("step 6 of 8", StringComparison.Ordinal) && text.Contains("back to step 4", StringComparison.Ordinal));
        Assert.All(run.Network.state_dict(), entry => Assert.True(entry.Value.isfinite().all().item<bool>(), entry.Key));
        Assert.Equal(0.5, CheckpointFile.ReadHeader(run.CheckpointPath).RateFactor);
    }

    [Theory]
    [InlineData("network")]
    [InlineData("data")]
    [InlineData("head")]
    [InlineData("number of identities")]
    public void Resume_FromACheckpointOfAnother_IsRefusedAndChangesNothing(string what)
    {
        using var source = new SyntheticFaces();
        var configuration = Configuration("sgd-arcface", steps: 2);
        using (var run = TrainingRun.Create(configuration, source))
        {
            run.Run(_recorder);
        }

        using var other = what switch { "data" => new SyntheticFaces(seed: 2), "number of identities" => new SyntheticFaces(classes: 4), _ => new SyntheticFaces() };
        var changed = what switch
        {
            "network" => configuration with { Model = configuration.Model with { EmbeddingSize = 12 } },
            "head" => configuration with { Head = new CosFaceOptions() },
            _ => configuration,
        };
        using var second = TrainingRun.Create(changed, other);
        var before = second.Network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());

        var error = Assert.Throws<CheckpointException>(() => second.Resume(_folder["out/last.fct"]));

        Assert.Contains($"another {what}", error.Message, StringComparison.Ordinal);
        Assert.All(second.Network.state_dict(), entry => Assert.Equal(before[entry.Key], entry.Value.bytes.ToArray()));
    }

    [Fact]
    public void StartCheckpoint_TakesTheNetworkOnly()
    {
        using var source = new SyntheticFaces();
        var configuration = Configuration("sgd-arcface", steps: 2);
        using (var run = TrainingRun.Create(configuration, source))
        {
            run.Run(_recorder);
        }

        using var more = new SyntheticFaces(classes: 9);
        using var second = TrainingRun.Create(configuration with { Output = _folder["more"], Head = new MagFaceOptions(), Start = new StartOptions { Checkpoint = _folder["out/last.fct"] } }, more);
        var read = CheckpointFile.Read(_folder["out/last.fct"]).Tensors;

        Assert.All(second.Network.state_dict(), entry => Assert.True(entry.Value.bytes.SequenceEqual(read["network." + entry.Key].bytes)));
    }

    [Fact]
    public void Data_WithALabelOutOfRange_IsRefusedByTheLabel()
    {
        using var source = new WrongLabels();
        using var run = TrainingRun.Create(Configuration("sgd-arcface", steps: 1), source);

        var error = Assert.Throws<FitException>(() => run.Run(_recorder));

        Assert.Contains("label 99", error.Message, StringComparison.Ordinal);
        Assert.Contains("0 to 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_WithOneIdentity_IsRefusedBeforeTheFirstStep()
    {
        using var source = new SyntheticFaces(classes: 1);

        var error = Assert.Throws<FitException>(() => TrainingRun.Create(Configuration("sgd-arcface", steps: 1), source));

        Assert.Contains("at least 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pictures_OfAnotherSizeThanTheNetworks_AreScaled()
    {
        using var source = new SyntheticFaces(size: 48);
        using var run = TrainingRun.Create(Configuration("sgd-arcface", steps: 2), source);

        Assert.True(run.Run(_recorder).Finished);
        Assert.Equal(32, run.Network.ImageSize);
    }

    private FitConfiguration Configuration(string kind, long steps)
    {
        var configuration = new FitConfiguration
        {
            Output = _folder["out"],
            Seed = 5,
            Model = new ModelOptions { Backbone = "tiny", ImageSize = 32, EmbeddingSize = 16 },
            Head = new ArcFaceOptions { Scale = 16, Margin = 0.2 },
            Optimiser = new OptimiserOptions { Rate = 0.05 },
            Run = new RunOptions { Steps = steps, BatchSize = 8, SaveEvery = 1000, LogEvery = 1 },
        };
        return kind switch
        {
            "adamw-magface" => configuration with { Head = new MagFaceOptions { Scale = 16, LowerNorm = 1, UpperNorm = 50 }, Optimiser = new OptimiserOptions { Kind = OptimiserKind.AdamW, Rate = 1e-3 }, Schedule = new ScheduleOptions { Kind = ScheduleKind.Cosine, WarmUpSteps = 3 } },
            "elastic-partial-dropout" => configuration with { Head = new ElasticFaceOptions { Scale = 16, SampleRate = 0.9 }, Model = configuration.Model with { Dropout = 0.3 } },
            "curricular-center-accumulate" => configuration with { Head = new CurricularFaceOptions { Scale = 16 }, Regularisers = new RegulariserOptions { Center = 0.01 }, Run = configuration.Run with { Accumulate = 2 }, Optimiser = new OptimiserOptions { Rate = 0.05, Nesterov = true } },
            "sphereface-average-regularface" => configuration with { Head = new SphereFaceOptions { Margin = 3 }, Run = configuration.Run with { Average = 0.99 }, Regularisers = new RegulariserOptions { RegularFace = 1 } },
            _ => configuration,
        };
    }

    private sealed class Recorder : ITrainingObserver
    {
        public List<StepReport> Reports { get; } = [];

        public List<string> Events { get; } = [];

        public void OnReport(StepReport report) => Reports.Add(report);

        public void OnEvent(string message) => Events.Add(message);
    }

    private sealed class WrongLabels : FaceCluster.Training.Data.IBatchSource
    {
        private readonly SyntheticFaces _faces = new();

        public int ClassCount => _faces.ClassCount;

        public long SampleCount => _faces.SampleCount;

        public int BatchSize => _faces.BatchSize;

        public int ImageSize => _faces.ImageSize;

        public long BatchesPerEpoch => _faces.BatchesPerEpoch;

        public string Fingerprint => "wrong";

        public long Position => _faces.Position;

        public void Seek(long position) => _faces.Seek(position);

        public void Read(FaceCluster.Training.Data.FaceBatch batch, CancellationToken cancellationToken = default)
        {
            _faces.Read(batch, cancellationToken);
            batch.Labels[2] = 99;
        }

        public void Dispose() => _faces.Dispose();
    }
}
