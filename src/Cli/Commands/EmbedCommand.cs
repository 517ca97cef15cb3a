using System.CommandLine;
using System.Diagnostics;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Vision;
using FaceCluster.Vision.Files;
using FaceCluster.Vision.Models;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster embed</c>: the vision path without a server.</summary>
internal sealed class EmbedCommand : CliCommand
{
    private readonly CliConsole _console;

    private readonly Argument<string[]> _paths = new("path")
    {
        Description = "Folders, pictures, and .txt files with one path per line.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _wholeImage = new("--whole-image") { Description = "Every picture is itself the box of one face: one row per picture." };
    private readonly Option<string> _out = new("--out") { Description = "The file for raw embeddings: little-endian singles, row by row, no header.", HelpName = "X.f32", Required = true };
    private readonly Option<string?> _names = new("--names") { Description = "The file for names: one line per row, the picture's file name (and #0, #1, ... for the faces found in it).", HelpName = "names.txt" };
    private readonly Option<string?> _models = new("--models") { Description = "Folder of the models.", HelpName = "FOLDER" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public EmbedCommand(CliConsole console)
        : base(
            "embed", "Writes the embeddings of pictures to a file, without a server.",
            "embed ~/Pictures --out faces.f32 --names names.txt",
            "embed crops/ --whole-image --out crops.f32 --names crops.txt --json")
    {
        _console = console;
        Arguments.Add(_paths);
        Options.Add(_wholeImage);
        Options.Add(_out);
        Options.Add(_names);
        Options.Add(_models);
        Options.Add(_json);
        Run(console, RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var files = PictureFiles.Expand(parse.GetValue(_paths)!).ToArray();
        if (files.Length == 0)
        {
            throw new CliException("there is no JPEG, PNG or WebP picture at these paths.", ExitCode.NotFound);
        }

        await using var engine = CreateEngine(parse.GetValue(_models));
        var watch = Stopwatch.StartNew();
        var result = await ProgressBar.RunAsync(_console, "Embedding pictures", files.Length, progress => new EmbeddingExport(engine).RunAsync(
            files, parse.GetValue(_wholeImage), parse.GetValue(_out)!, parse.GetValue(_names),
            new Forward(progress), cancellation));
        var summary = new EmbedSummary(
            result.Pictures,
            result.Faces,
            engine.Model.Dimension,
            engine.Model.Id,
            result.Refused.CountBy(refusal => refusal.Reason).ToDictionary(StringComparer.Ordinal),
            [.. result.Refused.Select(refusal => new RefusedFile(refusal.Path, refusal.Reason, refusal.Message))],
            Math.Round(watch.Elapsed.TotalSeconds, 3),
            Math.Round(result.Pictures / Math.Max(watch.Elapsed.TotalSeconds, 1e-3), 1));
        Write(parse.GetValue(_json), summary, parse.GetValue(_out)!);
        return result.Refused.Count == 0 ? ExitCode.Success : ExitCode.Partial;
    }

    private static VisionEngine CreateEngine(string? models)
    {
        try
        {
            return VisionEngine.Create(new VisionOptions { ModelDirectory = models });
        }
        catch (ModelException failure)
        {
            throw new CliException(failure.Message, ExitCode.Failure, failure);
        }
    }

    private void Write(bool json, EmbedSummary summary, string path)
    {
        if (json)
        {
            _console.Output.WriteLine(JsonText.Record(summary));
            return;
        }

        _console.Output.WriteLine(
            $"{summary.Faces} embeddings of {summary.Dimension} numbers from {summary.Pictures} pictures in {path} ({summary.PicturesPerS:0.#} pictures/s).");
        foreach (var refused in summary.RefusedFiles)
        {
            _console.Note($"{refused.File}: {refused.Message}");
        }
    }

    private sealed record EmbedSummary(
        int Pictures, int Faces, int Dimension, string ModelId, IReadOnlyDictionary<string, int> Refused,
        IReadOnlyList<RefusedFile> RefusedFiles, double Seconds, double PicturesPerS);

    private sealed record RefusedFile(string File, string Reason, string Message);

    private sealed class Forward(IProgress<long> progress) : IProgress<EmbeddingExportProgress>
    {
        public void Report(EmbeddingExportProgress value) => progress.Report(value.Done);
    }
}
