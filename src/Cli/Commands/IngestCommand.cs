using System.CommandLine;
using System.Diagnostics;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster ingest</c>: sends photographs to a server.</summary>
internal sealed class IngestCommand : CliCommand
{
    private readonly CliConsole _console;
    private readonly ServerOptions _server;

    private readonly Argument<string[]> _paths = new("path")
    {
        Description = "Folders (searched for JPEG, PNG and WebP files at every depth) and single files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _camera = new("--camera")
    {
        Description = "The camera that the photographs count for [default: the name of the folder of each photograph].",
        HelpName = "NAME",
    };

    private readonly Option<int> _streams = new("--streams")
    {
        Description = "How many cameras are sent at the same time.",
        HelpName = "N",
        DefaultValueFactory = _ => 4,
    };

    private readonly Option<bool> _noWait = new("--no-wait")
    {
        Description = "Return when everything is stored, without waiting until it is in its clusters.",
    };

    public IngestCommand(CliConsole console)
        : base(
            "ingest",
            "Sends photographs to the server and reports the faces in them. Sending them again stores nothing twice; a "
            + "server that is restarted meanwhile is waited for.",
            "ingest ~/Pictures",
            "ingest --camera front-door --json snapshots/front-door",
            "ingest --collection holidays --server http://127.0.0.1:8081 beach.jpg")
    {
        _console = console;
        Arguments.Add(_paths);
        Options.Add(_camera);
        Options.Add(_streams);
        Options.Add(_noWait);
        _server = new ServerOptions().AddTo(this);
        _streams.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--streams must be 1 to 64.");
            }
        });
        Run(console, RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var photographs = PhotoFolder.Find(parse.GetValue(_paths)!, parse.GetValue(_camera));
        var collection = _server.CollectionName(parse);
        using var connection = _server.Connect(parse);
        await connection.EnsureCollectionAsync(collection, _console, cancellation);
        var run = await IngestRun.PrepareAsync(connection, collection, _console.Note, cancellation);
        var watch = Stopwatch.StartNew();
        var tally = await ProgressBar.RunAsync(
            _console, "Sending photographs", photographs.Count,
            progress => run.SendAsync(photographs, parse.GetValue(_streams), progress, cancellation));
        var sent = watch.Elapsed;
        if (!parse.GetValue(_noWait))
        {
            await connection.WaitUntilClusteredAsync(collection, tally.Revisions, cancellation);
        }

        var summary = IngestSummary.Of(photographs, tally, run.Failures, sent, watch.Elapsed);
        if (_server.IsJson(parse))
        {
            _console.Output.WriteLine(JsonText.Record(summary));
        }
        else
        {
            summary.Write(_console);
        }

        return tally.Errors.Count == 0 ? ExitCode.Success : ExitCode.Partial;
    }
}
