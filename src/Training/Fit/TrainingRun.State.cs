using System.Text.Json;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Optimisation;
using static TorchSharp.torch;

namespace FaceCluster.Training.Fit;

/// <content>What a run starts from, what it saves, and what happens when numbers are not finite.</content>
public sealed partial class TrainingRun
{
    // Batches read beyond those of the steps done: of steps left out or rolled back.
    private long _skipped;

    private string HeadIdentity => JsonSerializer.Serialize(_configuration.Head, FitConfigurationReader.Json);

    /// <summary>Everything the next step depends on, by name.</summary>
    private List<(string Name, Tensor Value)> State
    {
        get
        {
            List<(string, Tensor)> state = [.. Network.state_dict().Select(entry => ("network." + entry.Key, entry.Value))];
            state.AddRange(Head.state_dict().Select(entry => ("head." + entry.Key, entry.Value)));
            state.AddRange(_optimiser.State.Select(entry => ("optimiser." + entry.Name, entry.Value)));
            if (_average is not null)
            {
                state.AddRange(_average.State.Select(entry => ("average." + entry.Name, entry.Value)));
            }

            if (_center is not null)
            {
                state.Add(("center", _center.Centers));
            }

            return state;
        }
    }

    /// <summary>Writes the checkpoint of the output folder.</summary>
    /// <exception cref="CheckpointException">It cannot be written; the previous one stays.</exception>
    public void Save() => CheckpointFile.Save(CheckpointPath, new CheckpointHeader
    {
        Architecture = Network.Architecture,
        Head = HeadIdentity,
        ClassCount = Head.ClassCount,
        Step = _step,
        Position = _step * _configuration.Run.Accumulate + _skipped,
        DataFingerprint = _source.Fingerprint,
        Configuration = JsonSerializer.Serialize(_configuration, FitConfigurationReader.Json),
        Incidents = _incidents,
        RateFactor = _rateFactor,
    }, State);

    /// <summary>Continues from a checkpoint of the same configuration.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged, or of another network, head or data; nothing has changed then.</exception>
    public void Resume(string path)
    {
        var (header, tensors) = CheckpointFile.Read(path);
        try
        {
            Same(path, "network", header.Architecture, Network.Architecture);
            Same(path, "number of identities", header.ClassCount, Head.ClassCount);
            Same(path, "head", header.Head, HeadIdentity);
            Same(path, "data", header.DataFingerprint, _source.Fingerprint);
            CheckpointFile.Copy(path, tensors, State);
            (_step, _incidents, _rateFactor) = (header.Step, header.Incidents, header.RateFactor);
            _skipped = header.Position - header.Step * _configuration.Run.Accumulate;
        }
        finally
        {
            Release(tensors);
        }
    }

    /// <summary>Copies the network of a checkpoint (its moving average where it has one) into a network of the same architecture.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged, or of another network.</exception>
    public static CheckpointHeader LoadNetwork(string path, EmbeddingNetwork network)
    {
        var (header, tensors) = CheckpointFile.Read(path);
        try
        {
            Same(path, "network", header.Architecture, network.Architecture);
            var prefix = tensors.ContainsKey("average.ema_steps") ? "average." : "network.";
            var own = tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
            CheckpointFile.Copy(path, own, [.. network.state_dict().Select(entry => (entry.Key, entry.Value))]);
            return header;
        }
        finally
        {
            Release(tensors);
        }
    }

    private static void Same<T>(string path, string what, T found, T wanted)
    {
        if (!EqualityComparer<T>.Default.Equals(found, wanted))
        {
            throw new CheckpointException($"'{path}' is of another {what}: it has '{found}', this run needs '{wanted}'.");
        }
    }

    private static void Release(IReadOnlyDictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }
    }

    private void Freeze()
    {
        var start = _configuration.Start;
        var named = Network.named_parameters().ToArray();
        var first = (int)(named.Length * start.FreezeShare);
        var unused = start.Freeze.FirstOrDefault(prefix => !named.Any(entry => entry.name.StartsWith(prefix, StringComparison.Ordinal)));
        if (unused is not null)
        {
            throw new FitException($"start.freeze: no parameter's name starts with '{unused}'; names are like '{named[0].name}'.");
        }

        for (var i = 0; i < named.Length; i++)
        {
            if (i < first || start.Freeze.Any(prefix => named[i].name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                named[i].parameter.requires_grad = false;
            }
        }
    }

    private Optimiser CreateOptimiser()
    {
        var options = _configuration.Optimiser;
        List<TrainedParameter> parameters = [.. Network.named_parameters().Where(entry => entry.parameter.requires_grad)
            .Select(entry => new TrainedParameter("network." + entry.name, entry.parameter, options.WeightDecay))];
        var weight = Head.Weight;
        parameters.AddRange(Head.named_parameters().Select(entry => new TrainedParameter("head." + entry.name, entry.parameter, options.WeightDecay, options.HeadRateFactor,
            ReferenceEquals(entry.parameter, weight) ? () => Head.ActiveRows : null)));
        return options.Kind == OptimiserKind.AdamW
            ? new AdamWOptimiser(parameters)
            : new SgdOptimiser(parameters, options.Momentum, options.Nesterov);
    }

    /// <summary>Sets the class weights to the unit mean of their pictures' unit embeddings, after one pass over the data.</summary>
    private void StartHeadFromMeans(CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Network.eval();
        var sum = zeros(Head.ClassCount, Network.EmbeddingSize);
        var batches = _features is null ? _source.BatchesPerEpoch : (_source.SampleCount + _source.BatchSize - 1) / _source.BatchSize;
        for (long i = 0; i < batches && !cancellationToken.IsCancellationRequested; i++)
        {
            using var inner = NewDisposeScope();
            var (input, labels) = _features is null ? ReadBatch() : ReadPlainFeatures(i * _source.BatchSize);
            sum.index_add_(0, labels, nn.functional.normalize(Network.ForwardFrom(input, _features?.Stages ?? 0), 2, 1), 1);
        }

        var weight = Head.Weight;
        var copies = weight.shape[0] / Head.ClassCount;
        var means = nn.functional.normalize(sum, 2, 1).repeat_interleave(copies, 0);
        var empty = means.abs().sum(1, keepdim: true).eq(0);
        weight.copy_(where(empty, weight, copies == 1 ? means : means + randn_like(means) * 0.01));
    }

    private void HandleNotFinite(double loss, ITrainingObserver observer)
    {
        var tensor = double.IsFinite(loss) ? FirstNotFinite() : "loss";
        var where = $"step {_step + 1} of {TotalSteps}: '{tensor}' is not finite (loss {loss}, learning rate {_rate.At(_step) * _rateFactor:g4})";
        _incidents++;
        _skipped += _configuration.Run.Accumulate;
        if (_configuration.Run.OnNan == NanPolicy.Stop || _incidents > _configuration.Run.MaxIncidents)
        {
            throw new FitException($"{where}. A lower optimiser.rate, a longer warm-up or a smaller optimiser.clipNorm usually help; run.onNan can skip or roll back.");
        }

        if (_configuration.Run.OnNan == NanPolicy.Skip && FirstBadBuffer() is { } buffer)
        {
            throw new FitException($"{where}, and the running statistic '{buffer}' has taken it over: a step cannot be left out any more, run.onNan rollBack can restore it.");
        }

        if (_configuration.Run.OnNan == NanPolicy.Skip)
        {
            observer.OnEvent($"{where}; the step is left out");
            return;
        }

        RollBack(where, observer);
    }

    private void RollBack(string where, ITrainingObserver observer)
    {
        if (!File.Exists(CheckpointPath))
        {
            throw new FitException($"{where}, and there is no checkpoint yet to roll back to; run.saveEvery is {_configuration.Run.SaveEvery}.");
        }

        var position = _step * _configuration.Run.Accumulate + _skipped;
        var (incidents, factor) = (_incidents, _rateFactor / 2);
        Resume(CheckpointPath);
        // Behind the batch that failed: reading it again would fail again.
        (_skipped, _incidents, _rateFactor) = (position - _step * _configuration.Run.Accumulate, incidents, factor);
        observer.OnEvent($"{where}; back to step {_step}, learning rate times {factor:g3}");
    }

    private string FirstNotFinite()
    {
        using var scope = NewDisposeScope();
        return _optimiser.Parameters.FirstOrDefault(item => item.Parameter.grad is { } gradient && !gradient.isfinite().all().item<bool>())?.Name ?? "gradient";
    }

    private string? FirstBadBuffer()
    {
        using var scope = NewDisposeScope();
        var buffers = Network.named_buffers().Select(entry => ("network." + entry.name, entry.buffer)).Concat(Head.named_buffers().Select(entry => ("head." + entry.name, entry.buffer)));
        return (_center is null ? buffers : buffers.Append(("center", _center.Centers))).Where(entry => !entry.Item2.isfinite().all().item<bool>()).Select(entry => entry.Item1).FirstOrDefault();
    }
}
