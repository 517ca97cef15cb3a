using FaceCluster.Clustering;
using FaceCluster.Evaluation.Calibration;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.Evaluation.Report;
using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Verification;
using FaceCluster.Vision;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;

namespace FaceCluster.Evaluation.Tool;

/// <summary>Measures a model as a request says: what the command line does.</summary>
public static class EvaluationRun
{
    /// <summary>Runs.</summary>
    /// <param name="request">What to measure.</param>
    /// <param name="progress">Told the share of the faces embedded.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="TrainingDataException">The data cannot be used.</exception>
    /// <exception cref="ModelException">The model cannot be used.</exception>
    public static async Task<EvaluationResult> RunAsync(EvaluationRequest request, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ColorOrder is null && !File.Exists(request.Model))
        {
            throw new ModelException($"There is no model file {request.Model}.");
        }

        VisionEngine? engine = null;
        try
        {
            using var embedder = AlignedEmbedder.Load(request.Model, Runtime(), Manifest(request));
            VisionEngine Engine() => engine ??= VisionEngine.Create(new VisionOptions { ModelDirectory = request.ModelFolder, Runtime = Runtime() });
            return request.TemplateFolder is null
                ? await MeasureAsync(request, embedder, Engine, progress, cancellationToken)
                : await TemplateRun.RunAsync(request, embedder, progress, cancellationToken);
        }
        finally
        {
            if (engine is not null)
            {
                await engine.DisposeAsync();
            }
        }
    }

    private static async Task<EvaluationResult> MeasureAsync(
        EvaluationRequest request, AlignedEmbedder embedder, Func<VisionEngine> engine, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var data = EvaluationData.Open(request, engine);
        var thumbnails = request.Report is null ? null : new Thumbnails();
        var embedded = await FaceEmbedding.RunAsync(
            embedder,
            data.Crops,
            request.Flip != FlipMode.None,
            thumbnails is null ? null : thumbnails.Add,
            progress is null ? null : new Share(progress, data.Crops.Count),
            cancellationToken);
        var identities = data.Identities is null ? null : Kept(data.Identities, embedded.Rows);
        var pairs = data.Pairs?
            .Select(pair => new VerificationPair(embedded.Rows[pair.Left], embedded.Rows[pair.Right], pair.Same))
            .Where(pair => pair.Left >= 0 && pair.Right >= 0).ToArray();

        // What the clustering knows by heart holds for the default model only.
        var known = embedder.Model.Id == DefaultModel ? EmbeddingCalibration.DefaultModel : null;
        var result = ModelEvaluation.Run(embedder.Model.Id, embedded.Faces, embedded.Mirrored, identities, pairs, request.Flip, known) with
        {
            Refused = embedded.Refused.Count,
        };
        if (request.Calibrate)
        {
            result = Calibrate(request, embedder.Model, embedded.Faces, identities, pairs, result);
        }

        if (request.Report is { } report)
        {
            EvaluationPage.Write(report, result, embedded.Faces, identities, thumbnails!);
        }

        return result;
    }

    private const string DefaultModel = "fr_feature-87aacdfe5751";

    private static EvaluationResult Calibrate(
        EvaluationRequest request, EmbeddingModel model, FaceEmbeddings faces, int[]? identities, IReadOnlyList<VerificationPair>? pairs, EvaluationResult result)
    {
        try
        {
            var (genuine, impostor) = identities is not null
                ? LogisticFit.ChoosePairs(identities, (left, right) => faces.Cosine(left, right), seed: 0)
                : Cosines(faces, pairs!);
            var fitted = LogisticFit.Fit(genuine, impostor);
            fitted = new ModelCalibration(Math.Round(fitted.Slope, 2), Math.Round(fitted.Midpoint, 4));
            ManifestFile.Write(request.Model, model.Manifest, fitted, request.ColorOrder is null ? null : result.MagnitudeQuantiles);
            return result with { CalibrationSlope = fitted.Slope, CalibrationMidpoint = fitted.Midpoint };
        }
        catch (ArgumentException error)
        {
            throw new TrainingDataException($"The calibration cannot be fitted: {error.Message}", error);
        }
    }

    private static (double[] Genuine, double[] Impostor) Cosines(FaceEmbeddings faces, IReadOnlyList<VerificationPair> pairs) => (
        [.. pairs.Where(pair => pair.Same).Select(pair => (double)faces.Cosine(pair.Left, pair.Right))],
        [.. pairs.Where(pair => !pair.Same).Select(pair => (double)faces.Cosine(pair.Left, pair.Right))]);

    private static int[] Kept(int[] identities, int[] rows) => [.. identities.Where((_, i) => rows[i] >= 0)];

    private static ModelManifest? Manifest(EvaluationRequest request) => request.ColorOrder is not { } order
        ? null
        : new ModelManifest
        {
            Name = ManifestFile.NameOf(request.Model),
            ColorOrder = order,
            Mean = [request.Mean],
            Scale = [request.Scale],
            Template = "arcface-112",
            Dimension = AlignedEmbedder.Dimension(request.Model),

            // Not known before the model has been measured; nothing here asks for them.
            MagnitudeQuantiles = new Dictionary<string, double> { ["0"] = 0, ["1"] = 1 },
        };

    private static RuntimeOptions Runtime() => new() { AllowFixedBatch = true };

    private sealed class Share(IProgress<double> progress, int count) : IProgress<int>
    {
        public void Report(int value) => progress.Report((double)value / count);
    }
}
