using System.CommandLine;
using System.Text.Json;
using FaceCluster.Evaluation;
using FaceCluster.Evaluation.Calibration;
using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Tool;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.Trainer.Data;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Onnx;
using FaceCluster.Training.Runtime;
using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Models;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train export</c>: a checkpoint to an ONNX model that the server loads.</summary>
internal sealed class ExportCommand : TrainerCommand
{
    // Quantiles settle long before; more faces only take time.
    private const int MaxFaces = 4000;

    private readonly Option<string> _checkpoint = new("--checkpoint") { Description = "The checkpoint of a run.", HelpName = "FILE", Required = true };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The ONNX file.", HelpName = "FILE", Required = true };
    private readonly Option<string?> _faces = new("--data") { Description = "Aligned faces that the magnitude's distribution is measured on; without it those of the run (held-out people where there are any).", HelpName = "PATH" };
    private readonly Option<string?> _name = new("--name") { Description = "Short name, part of the model's id; without it the file's.", HelpName = "NAME" };
    private readonly Option<bool> _half = new("--half") { Description = "Store weights in half precision." };
    private readonly Option<bool> _noFold = new("--no-fold") { Description = "Keep batch normalisations as operators of their own." };
    private readonly Option<bool> _calibrate = new("--calibrate") { Description = "Fit the probability of a cosine on the same faces." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public ExportCommand(TextWriter output, TextWriter error)
        : base("export", "Writes a trained network as ONNX with its manifest, checked against the network.", output, error)
    {
        foreach (var option in (Option[])[_checkpoint, _output, _faces, _name, _half, _noFold, _calibrate, _json])
        {
            Options.Add(option);
        }

        Run(ExportAsync);
    }

    private async Task<int> ExportAsync(ParseResult parse, CancellationToken cancellation)
    {
        TorchRuntime.EnsureLoaded();
        var (checkpoint, path) = (parse.GetValue(_checkpoint)!, parse.GetValue(_output)!);
        var configuration = JsonSerializer.Deserialize<FitConfiguration>(CheckpointFile.ReadHeader(checkpoint).Configuration, FitConfigurationReader.Json)
            ?? throw new CheckpointException($"'{checkpoint}' does not hold its run's configuration.");
        if (configuration.Model.ImageSize != FaceDataset.Side)
        {
            throw new FitException($"The network takes pictures of {configuration.Model.ImageSize} pixels; only one of {FaceDataset.Side} can be exported, since that is what the server aligns faces to.");
        }

        using var network = Create(configuration);
        TrainingRun.LoadNetwork(checkpoint, network);
        var options = new OnnxExportOptions
        {
            Name = parse.GetValue(_name) ?? ManifestFile.NameOf(path),
            Loss = Loss(configuration),
            TrainingData = Folder(configuration),
            MagnitudeQuantiles = new Dictionary<string, double> { ["0"] = 0, ["1"] = 1 },
            FoldBatchNorms = !parse.GetValue(_noFold),
            HalfPrecision = parse.GetValue(_half),
        };

        // Measured on the exported model itself, so that the numbers are those of the file.
        var draft = path + ".draft";
        try
        {
            OnnxExporter.Export(network, draft, options);
            options = await MeasureAsync(draft, parse, configuration, options, cancellation);
        }
        finally
        {
            File.Delete(draft);
        }

        var result = OnnxExporter.Export(network, path, options);
        if (parse.GetValue(_json))
        {
            WriteJson(new { model = path, dimension = network.EmbeddingSize, difference = result.Difference, half_difference = result.HalfDifference, magnitude_quantiles = result.Manifest.MagnitudeQuantiles });
        }
        else
        {
            Output.WriteLine($"{path}: {network.EmbeddingSize} dimensions, {new FileInfo(path).Length / 1e6:0.0} MB; differs from the network by {result.Difference:0.0e+0} at batches of 1, 3 and 8");
        }

        return 0;
    }

    private async Task<OnnxExportOptions> MeasureAsync(
        string model, ParseResult parse, FitConfiguration configuration, OnnxExportOptions options, CancellationToken cancellation)
    {
        using var source = Faces(parse.GetValue(_faces), configuration, out var faces);
        using var embedder = AlignedEmbedder.Load(model);
        var embedded = await FaceEmbedding.RunAsync(embedder, CropSource.Of(Sample(faces)), mirrored: false, progress: null, cancellationToken: cancellation);
        if (embedded.Refused.Count > 0)
        {
            await Error.WriteLineAsync($"note: {embedded.Refused.Count} faces could not be read; the first: {embedded.Refused[0]}");
        }

        options = options with { MagnitudeQuantiles = ManifestFile.Ascending(ModelEvaluation.QuantilesOf(embedded.Faces.Magnitudes)) };
        if (options.MagnitudeQuantiles.Count < 2)
        {
            throw new TrainingDataException($"All faces of {faces.Name} have one magnitude; its distribution cannot be told.");
        }

        return parse.GetValue(_calibrate) ? options with { Calibration = Calibrate(embedded, Sample(faces)) } : options;
    }

    private static ModelCalibration Calibrate(EmbeddedSource embedded, FaceDataset faces)
    {
        var labels = faces.Labels.ToArray();
        int[] people = [.. labels.Where((_, row) => embedded.Rows[row] >= 0)];
        var (genuine, impostor) = LogisticFit.ChoosePairs(people, (left, right) => embedded.Faces.Cosine(left, right), seed: 0);
        return LogisticFit.Fit(genuine, impostor);
    }

    private static EmbeddingNetwork Create(FitConfiguration configuration) =>
        configuration.Start.Onnx is { } onnx ? OnnxImporter.Import(onnx) : NetworkFactory.Create(configuration.Model);

    private static FaceDataset Faces(string? path, FitConfiguration configuration, out FaceDataset faces)
    {
        if (path is not null)
        {
            return faces = FaceDatasets.Open(path);
        }

        var data = DataConfiguration.Read(configuration.Data ?? throw new TrainingDataException("The run does not say what it was trained on: name faces with --data."), Environment.CurrentDirectory);
        var source = FaceDatasets.Open(data.Path);
        faces = LoaderBatchSource.HeldOut(source, data) ?? source;
        return source;
    }

    /// <summary>At most so many faces, evenly over the set.</summary>
    private static SubsetDataset Sample(FaceDataset faces)
    {
        var step = (faces.Count + MaxFaces - 1) / MaxFaces;
        return new SubsetDataset(faces, faces.Name, Enumerable.Range(0, (faces.Count + step - 1) / step).Select(i => i * step));
    }

    private static string Loss(FitConfiguration configuration) =>
        JsonSerializer.SerializeToElement(configuration.Head, FitConfigurationReader.Json).GetProperty("kind").GetString()!;

    private static string Folder(FitConfiguration configuration) =>
        configuration.Data is { } data && data.TryGetProperty("path", out var path) ? Path.GetFileName(path.GetString() ?? string.Empty) : string.Empty;
}
