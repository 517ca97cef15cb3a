using System.CommandLine;
using System.Text.Json;
using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Onnx;
using FaceCluster.Training.Runtime;
using FaceCluster.TrainingData;
using FaceCluster.Vision.Models;

namespace FaceCluster.Trainer.CommandLine;

/// <summary>A command whose expected failures become one sentence on the error stream and an exit code.</summary>
internal abstract class TrainerCommand : Command
{
    /// <summary>The exit code where the data, a model or a file could not be used.</summary>
    public const int Refused = 1;

    /// <summary>The exit code of a command that was stopped from outside.</summary>
    public const int Interrupted = 130;

    private static readonly JsonSerializerOptions Json = new();

    protected TrainerCommand(string name, string description, TextWriter output, TextWriter error)
        : base(name, description) => (Output, Error) = (output, error);

    /// <summary>Takes results.</summary>
    protected TextWriter Output { get; }

    /// <summary>Takes progress, notes and errors.</summary>
    protected TextWriter Error { get; }

    /// <summary>Writes one JSON object on one line.</summary>
    protected void WriteJson<T>(T value) => Output.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Sets what the command does.</summary>
    protected void Run(Func<ParseResult, CancellationToken, Task<int>> body) => SetAction(async (parse, cancellation) =>
    {
        try
        {
            // On a thread of its own: the command line listens for Ctrl-C only when this has returned its task.
            return await Task.Run(() => body(parse, cancellation), CancellationToken.None);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await Error.WriteLineAsync("Interrupted.");
            return Interrupted;
        }
        catch (Exception failure) when (failure is TrainingDataException or ModelException or IOException or UnauthorizedAccessException or ArgumentException
            or InvalidDataException or FitException or CheckpointException or OnnxException or TorchUnavailableException)
        {
            await Error.WriteLineAsync($"error: {failure.Message}");
            return Refused;
        }
    });

    /// <summary>A progress line on the error stream, once every five percent.</summary>
    protected IProgress<double> Progress(string what) => new ProgressLine(Error, what);

    private sealed class ProgressLine(TextWriter error, string what) : IProgress<double>
    {
        private int _told = -1;

        public void Report(double value)
        {
            var twentieth = (int)(value * 20);
            if (Interlocked.Exchange(ref _told, twentieth) < twentieth)
            {
                error.WriteLine($"{what}: {twentieth * 5} %");
            }
        }
    }
}
