using System.Diagnostics;
using System.Runtime.InteropServices;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Data;
using FaceCluster.Training.Heads;
using FaceCluster.Training.Optimisation;
using FaceCluster.Training.Regularisers;
using FaceCluster.Training.Runtime;
using static TorchSharp.torch;

namespace FaceCluster.Training.Fit;

/// <summary>How a run ended.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Finished">Whether all steps were done; false after an interruption, which saved a checkpoint.</param>
public sealed record RunOutcome(long Step, bool Finished);

/// <summary>
/// A training run: network, head, optimiser and averages over a stream of batches. What a step does depends only on the
/// configuration, the state and the step's number (libtorch's generator is seeded anew for every step), so a run resumed from a
/// checkpoint continues bit by bit on the same machine and number of threads.
/// </summary>
public sealed partial class TrainingRun : IDisposable
{
    /// <summary>Name of the checkpoint in the output folder.</summary>
    public const string CheckpointName = "last.fct";

    private readonly FitConfiguration _configuration;
    private readonly IBatchSource _source;
    private readonly FaceBatch _batch;
    private readonly Optimiser _optimiser;
    private readonly MovingAverage? _average;
    private readonly CenterLoss? _center;
    private readonly LearningRate _rate;
    private readonly Tensor _pixels;
    private readonly Tensor _labels;
    private long _step;
    private int _incidents;
    private double _rateFactor = 1;

    private TrainingRun(FitConfiguration configuration, IBatchSource source, EmbeddingNetwork network, Head head)
    {
        (_configuration, _source, Network, Head) = (configuration, source, network, head);
        var run = configuration.Run;
        _batch = new FaceBatch(source.BatchSize, source.ImageSize);
        _pixels = empty(source.BatchSize, 3, source.ImageSize, source.ImageSize).DetachFromDisposeScope();
        _labels = empty(source.BatchSize, ScalarType.Int64).DetachFromDisposeScope();
        TotalSteps = run.Steps > 0 ? run.Steps : Math.Max(1, (long)Math.Ceiling(run.Epochs * source.BatchesPerEpoch / run.Accumulate));
        _rate = new LearningRate(configuration.Optimiser.Rate, configuration.Schedule, TotalSteps, (double)source.BatchesPerEpoch / run.Accumulate);
        if (configuration.Regularisers.Center > 0)
        {
            _center = new CenterLoss(source.ClassCount, network.EmbeddingSize, configuration.Regularisers.CenterRate, configuration.Regularisers.CenterVariant);
        }

        Freeze();
        network.SetPrecision(run.Precision);
        _optimiser = CreateOptimiser();
        _average = run.Average > 0 ? new MovingAverage(network, run.Average) : null;
    }

    /// <summary>The network as it stands.</summary>
    public EmbeddingNetwork Network { get; }

    /// <summary>The head as it stands.</summary>
    public Head Head { get; }

    /// <summary>Steps of the whole run.</summary>
    public long TotalSteps { get; }

    /// <summary>Steps done.</summary>
    public long Step => _step;

    /// <summary>Path of the checkpoint.</summary>
    public string CheckpointPath => Path.Combine(_configuration.Output, CheckpointName);

    /// <summary>Builds a run; nothing is trained or written yet.</summary>
    /// <param name="configuration">Already checked.</param>
    /// <param name="source">Batches; not owned by the run.</param>
    /// <param name="imported">The network of start.onnx where the configuration names one; owned by the run.</param>
    /// <exception cref="FitException">The configuration does not fit the data.</exception>
    /// <exception cref="CheckpointException">start.checkpoint cannot be used.</exception>
    public static TrainingRun Create(FitConfiguration configuration, IBatchSource source, EmbeddingNetwork? imported = null)
    {
        TorchRuntime.EnsureLoaded();
        FitConfigurationReader.Check(configuration, source);
        if (configuration.Run.Threads > 0)
        {
            set_num_threads(configuration.Run.Threads);
        }

        manual_seed(configuration.Seed);
        var network = imported ?? NetworkFactory.Create(configuration.Model);
        if (configuration.Start.Checkpoint is { } start)
        {
            LoadNetwork(start, network);
        }

        Head head;
        try
        {
            head = configuration.Head.Create(source.ClassCount, network.EmbeddingSize);
        }
        catch (ArgumentException exception)
        {
            throw new FitException(exception.Message, exception);
        }

        return new TrainingRun(configuration, source, network, head);
    }

    /// <summary>Trains until the last step, or saves and returns early where the token is cancelled.</summary>
    /// <exception cref="FitException">A loss or gradient was not finite and the configuration says to stop, or too many were.</exception>
    /// <exception cref="CheckpointException">A checkpoint cannot be written.</exception>
    public RunOutcome Run(ITrainingObserver observer, CancellationToken cancellationToken = default)
    {
        _source.Seek(_step * _configuration.Run.Accumulate + _skipped);
        Network.train();
        Network.FreezeStatistics(_configuration.Start.FreezeStatistics);
        Head.train();
        if (!OpenCache(observer, cancellationToken))
        {
            Save();
            return new RunOutcome(_step, Finished: false);
        }

        if (_step == 0 && _configuration.Start.HeadFromMeans)
        {
            observer.OnEvent("class weights start as the mean embeddings of their classes: reading the data once");
            StartHeadFromMeans(cancellationToken);
            _source.Seek(0);
            Network.train();
        }

        var report = new ReportWindow(this);
        while (_step < TotalSteps)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Save();
                observer.OnEvent($"interrupted: step {_step} saved in {CheckpointPath}");
                return new RunOutcome(_step, Finished: false);
            }

            if (!TrainStep(report, observer, out var measures))
            {
                continue;
            }

            if (_step % _configuration.Run.LogEvery == 0 || _step == TotalSteps)
            {
                observer.OnReport(report.Take(measures));
            }

            if (_step % _configuration.Run.SaveEvery == 0 || _step == TotalSteps)
            {
                Save();
                observer.OnEvent($"step {_step} saved in {CheckpointPath}");
            }
        }

        return new RunOutcome(_step, Finished: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimiser.Dispose();
        _average?.Dispose();
        _center?.Dispose();
        _features?.Dispose();
        _pixels.Dispose();
        _labels.Dispose();
        Network.Dispose();
        Head.Dispose();
    }

    /// <summary>One step; false where it was left out or rolled back.</summary>
    private bool TrainStep(ReportWindow report, ITrainingObserver observer, out IReadOnlyList<(string Name, double Value)> measures)
    {
        using var scope = NewDisposeScope();
        manual_seed(unchecked(_configuration.Seed * 0x5851F42D4C957F2D + _step) & long.MaxValue);
        _optimiser.ZeroGradients();
        var accumulate = _configuration.Run.Accumulate;
        var sum = 0.0;
        long right = 0;
        List<(string Name, Tensor Value)> tensors = [];
        for (var part = 0; part < accumulate; part++)
        {
            using var inner = NewDisposeScope();
            var (input, labels) = _features is null ? ReadBatch() : ReadFeatures(part);
            var embeddings = Network.ForwardFrom(input, _features?.Stages ?? 0);
            var output = Head.forward(embeddings, labels);
            var loss = output.Loss;
            tensors = [.. output.Measures];
            loss = Regularise(loss, embeddings, labels, tensors);
            (accumulate == 1 ? loss : loss / accumulate).backward();
            _center?.Update(embeddings, labels);
            sum += loss.item<float>() / accumulate;
            right += output.Scores.argmax(1).eq(output.Labels).sum().item<long>();
            tensors = [.. tensors.Select(item => (item.Name, item.Value.detach().MoveToOuterDisposeScope()))];
        }

        var norm = GradientNorm();
        measures = [];
        if (!double.IsFinite(sum) || !double.IsFinite(norm) || !HeadIsFinite())
        {
            HandleNotFinite(sum, observer);
            return false;
        }

        Clip(norm);
        var rate = _rate.At(_step) * _rateFactor;
        _optimiser.Step(rate);
        _average?.Update();
        _step++;
        report.Add(sum, right, rate, norm);
        if (_step % _configuration.Run.LogEvery == 0 || _step == TotalSteps)
        {
            measures = [.. tensors.Select(item => (item.Name, (double)item.Value.to_type(ScalarType.Float32).item<float>()))];
        }

        return true;
    }

    private (Tensor Input, Tensor Labels) ReadBatch()
    {
        _source.Read(_batch);
        if (_batch.Count != _source.BatchSize)
        {
            throw new FitException($"The data gave a batch of {_batch.Count} pictures, not {_source.BatchSize}.");
        }

        MemoryMarshal.AsBytes(_batch.Pixels).CopyTo(_pixels.bytes);
        SetLabels(_batch.Labels);
        return (ToInput(_pixels), _labels);
    }

    private void SetLabels(Span<long> labels)
    {
        foreach (var label in labels)
        {
            if (label < 0 || label >= Head.ClassCount)
            {
                throw new FitException($"The data gave the label {label}; with {Head.ClassCount} identities it must be 0 to {Head.ClassCount - 1}.");
            }
        }

        MemoryMarshal.AsBytes(labels).CopyTo(_labels.bytes);
    }

    private Tensor ToInput(Tensor pixels) => _source.ImageSize == Network.ImageSize
        ? pixels.alias()
        : nn.functional.interpolate(pixels, [Network.ImageSize, Network.ImageSize], mode: InterpolationMode.Area);

    private Tensor Regularise(Tensor loss, Tensor embeddings, Tensor labels, List<(string Name, Tensor Value)> measures)
    {
        var options = _configuration.Regularisers;
        if (options.RegularFace > 0)
        {
            var term = RegularFace.Loss(Head.Weight, options.RegularFaceChunk);
            measures.Add(("regularface", term.detach()));
            loss = loss + options.RegularFace * term;
        }

        if (_center is not null)
        {
            var term = _center.forward(embeddings, labels);
            measures.Add(("center", term.detach()));
            loss = loss + options.Center * term;
        }

        return loss;
    }

    private double GradientNorm()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var norms = Network.parameters().Select(parameter => parameter.grad).OfType<Tensor>().Select(gradient => gradient.norm()).ToArray();
        return norms.Length == 0 ? 0 : stack(norms).norm().item<float>();
    }

    private bool HeadIsFinite()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        return Head.parameters().All(parameter => parameter.grad is not { } gradient || double.IsFinite(gradient.sum().to_type(ScalarType.Float32).item<float>()));
    }

    private void Clip(double norm)
    {
        var limit = _configuration.Optimiser.ClipNorm;
        if (limit == 0 || norm <= limit)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var parameter in Network.parameters())
        {
            parameter.grad?.mul_(limit / (norm + 1e-6));
        }
    }

    /// <summary>Sums between two reports.</summary>
    private sealed class ReportWindow(TrainingRun run)
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _loss;
        private long _right;
        private long _steps;
        private double _rate;
        private double _norm;

        public void Add(double loss, long right, double rate, double norm)
        {
            _loss += loss;
            _right += right;
            _steps++;
            (_rate, _norm) = (rate, norm);
        }

        public StepReport Take(IReadOnlyList<(string Name, double Value)> measures)
        {
            var seconds = Math.Max(1e-9, _clock.Elapsed.TotalSeconds);
            var perStep = (double)run._source.BatchSize * run._configuration.Run.Accumulate;
            var left = Math.Min((run.TotalSteps - run._step) * seconds / _steps, TimeSpan.MaxValue.TotalSeconds / 2);
            var report = new StepReport(
                run._step,
                run.TotalSteps,
                (double)run._step * run._configuration.Run.Accumulate / run._source.BatchesPerEpoch,
                _loss / _steps,
                _rate,
                _right / (perStep * _steps),
                _norm,
                perStep * _steps / seconds,
                TimeSpan.FromSeconds(left),
                measures);
            (_loss, _right, _steps) = (0, 0, 0);
            _clock.Restart();
            return report;
        }
    }
}
