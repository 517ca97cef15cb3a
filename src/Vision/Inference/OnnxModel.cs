using FaceCluster.Vision.Models;
using Microsoft.ML.OnnxRuntime;

namespace FaceCluster.Vision.Inference;

/// <summary>
/// One loaded model: a session whose runs take 1 to <see cref="MaxBatch"/> pictures. It has one input of four
/// dimensions and any number of outputs, all single precision with the picture as their first dimension.
/// </summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly string[] _inputNames;

    private OnnxModel(string name, OnnxModelFile file, InferenceSession session, InferenceProvider provider, IReadOnlyList<string> outputs)
    {
        Name = name;
        Sha256 = file.Sha256;
        Metadata = file.Metadata;
        _session = session;
        Provider = provider;
        var (inputName, input) = Single(session.InputMetadata, name);
        _inputNames = [inputName];
        InputShape = [.. input.Dimensions.Skip(1).Select(size => (long)size)];
        InputLength = (int)InputShape.Aggregate(1L, (product, size) => product * size);
        OutputNames = outputs.Count > 0 ? outputs : [session.OutputNames[0]];
        if (OutputNames.Except(session.OutputNames).FirstOrDefault() is { } missing)
        {
            throw new ModelException($"The model {name} has no output \"{missing}\".");
        }
    }

    public string Name { get; }

    public string Sha256 { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public InferenceProvider Provider { get; }

    /// <summary>Why <see cref="Provider"/> is not the one asked for, or null.</summary>
    public string? FallbackReason { get; private init; }

    /// <summary>Channels, height and width of one picture.</summary>
    public IReadOnlyList<long> InputShape { get; }

    /// <summary>Values of one picture.</summary>
    public int InputLength { get; }

    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Values of each output for one picture, in the order of <see cref="OutputNames"/>.</summary>
    public IReadOnlyList<int> OutputLengths { get; private set; } = [];

    /// <summary>Pictures that one run may take.</summary>
    public int MaxBatch { get; private set; } = 1;

    /// <summary>Largest difference of an output from the untouched file's single runs, relative to the largest value.</summary>
    public double BatchDifference { get; private set; }

    /// <summary>Loads a model, sets its batch free and checks it against the untouched file.</summary>
    /// <param name="name">The model's name in logs and metrics.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How to run it.</param>
    /// <param name="outputs">The outputs wanted, in this order; none takes the model's first.</param>
    /// <exception cref="ModelException">The file, the model or the provider is not usable.</exception>
    public static OnnxModel Load(string name, string path, RuntimeOptions options, params IReadOnlyList<string> outputs)
    {
        var file = OnnxModelFile.Read(path);
        ModelSelfTest reference;
        using (var untouched = Open(name, file, file.Original, options, outputs))
        {
            reference = ModelSelfTest.Record(untouched);
        }

        var refusal = Try(name, file, file.FreeBatch, options, outputs, candidate => reference.CheckBatches(candidate), out var model);
        if (refusal is null)
        {
            model.MaxBatch = options.MaxBatchOn(model.Provider);
            return model;
        }

        if (!options.AllowFixedBatch)
        {
            throw new ModelException($"The model {path} cannot run batches: {refusal} Export it with a free batch dimension, or allow a fixed batch.");
        }

        refusal = Try(name, file, file.FixedBatch, options, outputs, candidate => reference.CheckSingle(candidate), out model);
        return refusal is null ? model : throw new ModelException($"The model {path} cannot be used: {refusal}");
    }

    /// <summary>
    /// Runs <paramref name="count"/> pictures. <paramref name="input"/> and <paramref name="outputs"/> hold at least
    /// that many rows. One call at a time.
    /// </summary>
    public void Run(Memory<float> input, int count, IReadOnlyList<Memory<float>> outputs)
    {
        using var results = Run(input, count);
        for (var i = 0; i < results.Count; i++)
        {
            results[i].GetTensorDataAsSpan<float>().CopyTo(outputs[i].Span);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }

    /// <summary>Runs pictures whose output lengths are not known yet.</summary>
    internal float[][] Probe(Memory<float> input, int count)
    {
        using var results = Run(input, count);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    internal void Accept(IReadOnlyList<int> outputLengths, double batchDifference) =>
        (OutputLengths, BatchDifference) = (outputLengths, batchDifference);

    private IDisposableReadOnlyCollection<OrtValue> Run(Memory<float> input, int count)
    {
        using var value = OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance, input[..(count * InputLength)], [count, .. InputShape]);
        return _session.Run(_runOptions, _inputNames, [value], OutputNames);
    }

    private static OnnxModel Open(string name, OnnxModelFile file, byte[] bytes, RuntimeOptions options, IReadOnlyList<string> outputs)
    {
        var (session, provider, reason) = SessionFactory.Open(bytes, name, options);
        try
        {
            return new OnnxModel(name, file, session, provider, outputs) { FallbackReason = reason };
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static string? Try(
        string name,
        OnnxModelFile file,
        byte[] bytes,
        RuntimeOptions options,
        IReadOnlyList<string> outputs,
        Func<OnnxModel, string?> check,
        out OnnxModel model)
    {
        model = Open(name, file, bytes, options, outputs);
        try
        {
            var refusal = check(model);
            if (refusal is not null)
            {
                model.Dispose();
            }

            return refusal;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static (string Name, NodeMetadata Metadata) Single(IReadOnlyDictionary<string, NodeMetadata> inputs, string name)
    {
        var (input, metadata) = inputs.Count == 1
            ? inputs.First()
            : throw new ModelException($"The model {name} has {inputs.Count} inputs; one is needed.");
        if (metadata.ElementType != typeof(float) || metadata.Dimensions.Length != 4 || metadata.Dimensions.Skip(1).Any(size => size <= 0))
        {
            throw new ModelException($"The input \"{input}\" of the model {name} must be batch x channels x height x width in single precision with the last three fixed.");
        }

        return (input, metadata);
    }
}
