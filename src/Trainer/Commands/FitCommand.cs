using System.CommandLine;
using System.Text.Json;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.Trainer.Data;
using FaceCluster.Trainer.Fit;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Onnx;
using FaceCluster.Training.Reports;
using FaceCluster.Training.Runtime;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train fit</c>: trains what a configuration says. Ctrl-C saves a checkpoint and ends.</summary>
internal sealed class FitCommand : TrainerCommand
{
    private readonly Argument<string> _file = new("config") { Description = "The configuration (JSON); paths in it are relative to the current folder." };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on from the checkpoint in the output folder." };
    private readonly Option<bool> _restart = new("--restart") { Description = "Begin anew although the output folder holds a checkpoint." };

    public FitCommand(TextWriter output, TextWriter error)
        : base("fit", "Trains a model whose embedding's length tells how far a face can be trusted.", output, error)
    {
        Arguments.Add(_file);
        Options.Add(_resume);
        Options.Add(_restart);
        Run((parse, cancellation) => Task.FromResult(Fit(parse.GetValue(_file)!, parse.GetValue(_resume), parse.GetValue(_restart), cancellation)));
    }

    private int Fit(string file, bool resume, bool restart, CancellationToken cancellation)
    {
        TorchRuntime.EnsureLoaded();
        return Train(FitConfigurationReader.Read(file), resume, restart, cancellation);
    }

    private int Train(FitConfiguration configuration, bool resume, bool restart, CancellationToken cancellation)
    {
        if (configuration.Data is not { } json)
        {
            throw new FitException("data is missing: it must name at least a path.");
        }

        var checkpoint = Path.Combine(configuration.Output, TrainingRun.CheckpointName);
        if (File.Exists(checkpoint) && !resume && !restart)
        {
            throw new FitException($"'{checkpoint}' holds a run already: --resume goes on with it, --restart begins anew.");
        }

        var data = DataConfiguration.Read(json, Environment.CurrentDirectory);
        using var imported = configuration.Start.Onnx is { } model ? OnnxImporter.Import(model) : null;
        var size = (imported as EmbeddingNetwork)?.ImageSize ?? configuration.Model.ImageSize;
        using var source = LoaderBatchSource.Open(data, configuration.Run.BatchSize, size, configuration.Seed);
        using var run = TrainingRun.Create(configuration, source, imported);
        var continued = resume && File.Exists(checkpoint);
        if (continued)
        {
            run.Resume(checkpoint);
        }

        Error.WriteLine($"{run.Network.Architecture}, {run.Network.parameters().Sum(parameter => parameter.numel()):N0} parameters, on {source.SampleCount:N0} faces of {source.ClassCount:N0} people; {TorchRuntime.Describe()}");
        var text = JsonSerializer.Serialize(configuration, FitConfigurationReader.Json);
        using var log = new RunLog(configuration.Output, $"Training {Path.GetFileName(Path.TrimEndingDirectorySeparator(configuration.Output))}", text, run.Step);
        using var progress = new ConsoleProgress(Error, log);
        var outcome = run.Run(progress, cancellation);
        Output.WriteLine(outcome.Finished
            ? $"{checkpoint}: {outcome.Step} steps; curves in {Path.Combine(configuration.Output, "report.html")}"
            : $"{checkpoint}: {outcome.Step} of {run.TotalSteps} steps; --resume goes on");
        return outcome.Finished ? 0 : Interrupted;
    }
}
