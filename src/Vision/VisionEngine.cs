using System.Diagnostics;
using FaceCluster.Vision.Detection;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FaceCluster.Vision;

/// <summary>
/// The one engine of a process: three models, each with a session, a queue and a thread of its own, and a bounded
/// set of threads for the work around them. Memory is bounded by <see cref="VisionOptions"/>.
/// </summary>
public sealed partial class VisionEngine : IFacePipeline, IAsyncDisposable
{
    private readonly VisionOptions _options;
    private readonly VisionInstruments _instruments;
    private readonly BatchingEngine _detectorEngine;
    private readonly BatchingEngine _landmarkEngine;
    private readonly BatchingEngine _embeddingEngine;
    private readonly FaceDetector _detector;
    private readonly AdmissionGate _admission;
    private readonly WeightedGate _pixels;
    private readonly TaskScheduler _compute;

    private VisionEngine(VisionOptions options, VisionInstruments instruments, IReadOnlyList<BatchingEngine> engines, EmbeddingModel model)
    {
        _options = options;
        _instruments = instruments;
        (_detectorEngine, _landmarkEngine, _embeddingEngine) = (engines[0], engines[1], engines[2]);
        _detector = new FaceDetector(_detectorEngine, options.Detection);
        Model = model;
        _admission = new AdmissionGate(options.MaxPicturesInFlight, options.MaxBytesInFlight);
        _pixels = new WeightedGate(options.MaxPixelsInFlight);
        var threads = options.ComputeThreads == 0 ? Environment.ProcessorCount : options.ComputeThreads;
        _compute = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
    }

    private delegate Task<PictureAnalysis> Analysis(PixelBuffer picture, AnalyzeOptions options, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public EmbeddingModel Model { get; }

    /// <summary>What the engine runs on now.</summary>
    public VisionStatus Status
    {
        get
        {
            BatchingEngine[] engines = [_detectorEngine, _landmarkEngine, _embeddingEngine];
            return new VisionStatus(
                Model.Id,
                engines.Any(engine => engine.Model.Provider == InferenceProvider.Cpu) ? InferenceProvider.Cpu : InferenceProvider.Cuda,
                engines.Select(engine => engine.Model.FallbackReason).FirstOrDefault(reason => reason is not null),
                _admission.Count,
                [.. engines.Select(engine => new LoadedModel(
                    engine.Model.Name, engine.Model.Sha256, engine.Model.Provider, engine.Model.MaxBatch, engine.Model.BatchDifference, engine.QueueLength))]);
        }
    }

    /// <summary>Loads and checks the models; takes a part of a second.</summary>
    /// <exception cref="ModelException">A model or the provider is not usable; the message says what to do.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static VisionEngine Create(VisionOptions options, ILogger<VisionEngine>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var folder = ModelFolder.Find(options.ModelDirectory)
            ?? throw new ModelException($"No models were found: run eng/fetch-models.sh, or name their folder with the option {nameof(VisionOptions.ModelDirectory)} or the variable {ModelFolder.EnvironmentVariable}.");
        var models = new List<OnnxModel>();
        try
        {
            models.Add(OnnxModel.Load("detector", Path.Combine(folder, options.DetectorFile), options.Runtime, [.. FaceDetector.Outputs]));
            models.Add(OnnxModel.Load("landmarks", Path.Combine(folder, options.LandmarkFile), options.Runtime));
            var path = Path.Combine(folder, options.EmbeddingFile);
            models.Add(OnnxModel.Load("embedder", path, options.Runtime));
            CheckLandmarks(models[1]);
            FaceDetector.Check(models[0]);
            var description = EmbeddingModel.Describe(models[2], path);
            Report(logger ?? NullLogger<VisionEngine>.Instance, models, description, options.Runtime);
            return Start(options, models, description);
        }
        catch
        {
            models.ForEach(model => model.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<PictureAnalysis> AnalyzeFrameAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(AnalyzeFrameAsync, encoded, options, cancellationToken);

    /// <inheritdoc/>
    public Task<PictureAnalysis> EmbedWholeImageAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(EmbedWholeImageAsync, encoded, options, cancellationToken);

    /// <inheritdoc/>
    public Task<PictureAnalysis> EmbedAlignedAsync(ReadOnlyMemory<byte> encoded, AnalyzeOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(EmbedAlignedAsync, encoded, options, cancellationToken);

    /// <summary>Finishes the pictures that are queued and closes the models.</summary>
    public async ValueTask DisposeAsync()
    {
        await _detectorEngine.DisposeAsync();
        await _landmarkEngine.DisposeAsync();
        await _embeddingEngine.DisposeAsync();
        _instruments.Dispose();
    }

    private static VisionEngine Start(VisionOptions options, List<OnnxModel> models, EmbeddingModel description)
    {
        var instruments = new VisionInstruments();
        models.ForEach(instruments.ReportProvider);
        return new VisionEngine(options, instruments, [.. models.Select(model => new BatchingEngine(model, options.Runtime, instruments))], description);
    }

    private static void Report(ILogger logger, List<OnnxModel> models, EmbeddingModel description, RuntimeOptions options)
    {
        foreach (var model in models)
        {
            if (model.FallbackReason is { } reason)
            {
                Log.FellBack(logger, model.Name, options.Provider, reason);
            }

            if (model.MaxBatch < options.MaxBatchOn(model.Provider))
            {
                Log.FixedBatch(logger, model.Name);
            }
        }

        Log.Started(logger, description.Id, models[2].Provider, models.Max(model => model.BatchDifference));
    }

    private static void CheckLandmarks(OnnxModel model)
    {
        if (model.InputShape[0] != 1 || model.InputShape[1] != model.InputShape[2] || model.OutputLengths[0] != 136)
        {
            throw new ModelException("The landmark model must take one grey square and give 68 points.");
        }
    }

    private async Task<PictureAnalysis> RunAsync(
        Analysis analysis, ReadOnlyMemory<byte> encoded, AnalyzeOptions? options, CancellationToken cancellationToken)
    {
        if (!_admission.TryEnter(encoded.Length, out var retryAfter))
        {
            _instruments.RecordOverloaded();
            throw new VisionOverloadedException(retryAfter);
        }

        try
        {
            // Everything below, continuations included, runs on the bounded scheduler; what follows it must not wait for
            // the caller's either, which may be a busy grain's.
            return await Task.Factory.StartNew(
                () => DecodeAndRunAsync(analysis, encoded, options ?? AnalyzeOptions.Default, cancellationToken),
                cancellationToken,
                TaskCreationOptions.DenyChildAttach,
                _compute).Unwrap().ConfigureAwait(false);
        }
        catch (ImageRefusedException refused)
        {
            _instruments.RecordRefused(refused.Reason);
            throw;
        }
        finally
        {
            _admission.Leave(encoded.Length);
        }
    }

    private async Task<PictureAnalysis> DecodeAndRunAsync(
        Analysis analysis, ReadOnlyMemory<byte> encoded, AnalyzeOptions options, CancellationToken cancellationToken)
    {
        // Two buffers exist while a picture is turned upright or scaled; the second is never the larger one.
        var pixels = ImageDecoder.CountPixels(encoded, _options.Images);
        await _pixels.EnterAsync(pixels, cancellationToken);
        try
        {
            var start = Stopwatch.GetTimestamp();
            using var picture = ImageDecoder.Decode(encoded, _options.Images);
            _instruments.RecordDecode(Stopwatch.GetElapsedTime(start));
            var result = await analysis(picture, options, cancellationToken);
            _instruments.RecordPicture(result.Faces.Count, result.FacesOverLimit);
            return result;
        }
        finally
        {
            _pixels.Leave(pixels);
        }
    }

    private async Task<PictureAnalysis> AnalyzeFrameAsync(PixelBuffer picture, AnalyzeOptions options, CancellationToken cancellationToken)
    {
        var found = await _detector.DetectAsync(picture, cancellationToken);
        var limit = options.MaxFaces > 0 ? Math.Min(options.MaxFaces, _options.Detection.MaxFaces) : _options.Detection.MaxFaces;
        var usable = found.ToLookup(face => Math.Min(face.Box.Width, face.Box.Height) >= _options.Detection.MinUsablePixels);
        var wanted = usable[true].Take(limit).ToArray();
        var analysis = await EmbedAsync(picture, wanted, options, cancellationToken);
        return analysis with
        {
            FacesOverLimit = usable[true].Count() - wanted.Length,
            Refused =
            [
                .. usable[false].Take(limit).Select(face => new RefusedFace(face.Box, face.Score, FaceRefusal.TooSmall)),
                .. analysis.Refused,
            ],
        };
    }

    private async Task<PictureAnalysis> EmbedWholeImageAsync(PixelBuffer picture, AnalyzeOptions options, CancellationToken cancellationToken)
    {
        var whole = new Detection.Detection(new FaceBox(0, 0, picture.Width, picture.Height), 0);
        return await EmbedAsync(picture, [whole], options, cancellationToken);
    }

    private async Task<PictureAnalysis> EmbedAlignedAsync(PixelBuffer picture, AnalyzeOptions options, CancellationToken cancellationToken)
    {
        var size = Model.Template.Size;
        if (picture.Width != size || picture.Height != size)
        {
            throw new ImageRefusedException(ImageRefusal.CropNotAligned, $"An aligned crop must be {size}x{size} pixels; this one is {picture.Width}x{picture.Height}.");
        }

        var item = new EmbeddingItem(picture, Model.Writer);
        await _embeddingEngine.RunAsync(item, cancellationToken);
        var whole = new Detection.Detection(new FaceBox(0, 0, size, size), 0);
        return Result(picture, [whole], [Face(whole, null, item, options.IncludeCrops ? ImageEncoder.Jpeg(picture) : null)]);
    }

    private async Task<PictureAnalysis> EmbedAsync(
        PixelBuffer picture, Detection.Detection[] found, AnalyzeOptions options, CancellationToken cancellationToken)
    {
        if (found.Length == 0)
        {
            return Result(picture, found, []);
        }

        var aligned = await AlignAsync(picture, found, cancellationToken);
        try
        {
            var items = aligned.Select(face => new EmbeddingItem(face.Crop, Model.Writer)).ToArray();
            await BatchItems.RunAllAsync(_embeddingEngine, items, cancellationToken);
            return Result(
                picture,
                found,
                [.. items.Select((item, i) => Face(found[i], aligned[i].Points, item, options.IncludeCrops ? ImageEncoder.Jpeg(aligned[i].Crop) : null))]);
        }
        finally
        {
            foreach (var face in aligned)
            {
                face.Dispose();
            }
        }
    }

    /// <summary>Sorts faces with an embedding from those without one.</summary>
    private static PictureAnalysis Result(PixelBuffer picture, Detection.Detection[] found, AnalyzedFace?[] faces) =>
        new(picture.Width, picture.Height, [.. faces.OfType<AnalyzedFace>()], 0)
        {
            Refused = [.. found.Where((_, i) => faces[i] is null).Select(face => new RefusedFace(face.Box, face.Score, FaceRefusal.InvalidEmbedding))],
        };

    /// <summary>A face with its embedding, or null where the model gave none that could be compared.</summary>
    private static AnalyzedFace? Face(Detection.Detection detection, FivePoints? points, EmbeddingItem item, byte[]? crop)
    {
        var unit = new float[item.Embedding.Length];
        var magnitude = Core.Similarity.Normalize(item.Embedding, unit);
        return float.IsFinite(magnitude) && magnitude > 0
            ? new AnalyzedFace(detection.Box, detection.Score, points, item.Embedding, magnitude, crop)
            : null;
    }
}
