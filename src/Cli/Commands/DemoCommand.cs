using System.CommandLine;
using System.Diagnostics;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Demo;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.Silo;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster demo</c>: eight virtual cameras against a server in this process, scored.</summary>
internal sealed class DemoCommand : CliCommand
{
    /// <summary>The collection of the demonstration.</summary>
    public const string Collection = "demo";

    private readonly CliConsole _console;

    private readonly Option<string> _samples = new("--samples")
    {
        Description = "Folder of the sample photographs.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Path.Combine("artifacts", "samples"),
    };

    private readonly Option<string> _output = new("--output")
    {
        Description = "Where the page with the contact sheets is written.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Path.Combine("artifacts", "demo"),
    };

    private readonly Option<string?> _models = new("--models") { Description = "Folder of the models.", HelpName = "FOLDER" };

    private readonly Option<int> _frames = new("--frames")
    {
        Description = "Frames per camera; there are eight cameras.",
        HelpName = "N",
        DefaultValueFactory = _ => 76,
    };

    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Where the cameras' choices come from; the same seed gives the same frames.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int?> _port = DataOption.Port(
        "--port", "Port of the server on the loopback address; 0 takes a free one. [default: 8081 with --serve, else a free one]");

    private readonly Option<bool> _serve = new("--serve") { Description = "Keep the server running afterwards, until Ctrl-C, and print calls to try." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public DemoCommand(CliConsole console)
        : base(
            "demo",
            "Plays eight virtual cameras, which pan, zoom, blur, darken and re-compress six photographs, against a server in this "
            + "process; compares the clusters with the known truth; writes a page with a contact sheet per cluster.",
            "demo", "demo --serve", "demo --json | jq .bcubed_f")
    {
        _console = console;
        Options.Add(_samples);
        Options.Add(_models);
        Options.Add(_output);
        Options.Add(_frames);
        Options.Add(_seed);
        Options.Add(_port);
        Options.Add(_serve);
        Options.Add(_json);
        _frames.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 6 or > 10_000)
            {
                result.AddError("--frames must be 6 to 10000.");
            }
        });
        Run(console, RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var fleet = await ProgressBar.RunAsync(
            _console, "Rendering frames", CameraProfile.Fleet.Count * parse.GetValue(_frames),
            progress => VirtualFleet.RenderAsync(parse.GetValue(_samples)!, parse.GetValue(_frames), parse.GetValue(_seed), progress, cancellation));
        var render = watch.Elapsed;

        var data = Directory.CreateTempSubdirectory("facecluster-demo-");
        try
        {
            var serve = parse.GetValue(_serve);
            await using var server = await EmbeddedServer.StartAsync(
                new FaceClusterServerOptions
                {
                    DataDirectory = data.FullName,
                    GrpcPort = parse.GetValue(_port) ?? (serve ? 8081 : 0),
                    HttpPort = serve ? 8080 : null,
                    Inference = new InferenceOptions { ModelDirectory = parse.GetValue(_models) },
                    ConfigureLogging = logging => logging
                        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
                        .SetMinimumLevel(LogLevel.Error),
                },
                cancellation);
            using var connection = new ServerConnection(server.GrpcAddress, apiKey: null, TimeSpan.FromMinutes(10));
            await PlayAsync(parse, fleet, connection, watch, render, cancellation);
            if (serve)
            {
                await StayAsync(server.GrpcAddress, cancellation);
            }
        }
        finally
        {
            data.Delete(recursive: true);
        }

        return ExitCode.Success;
    }

    private async Task PlayAsync(
        ParseResult parse, VirtualFleet fleet, ServerConnection connection, Stopwatch watch, TimeSpan render, CancellationToken cancellation)
    {
        var collection = ResourceNames.Collection(Collection);
        await connection.Collections.CreateCollectionAsync(
            new CreateCollectionRequest { CollectionId = Collection }, deadline: connection.Deadline, cancellationToken: cancellation);
        var player = new FleetPlayer(connection, collection, _console.Note);
        var outcome = await ProgressBar.RunAsync(_console, "Streaming frames", fleet.FrameCount, async progress =>
        {
            await player.PlayAsync(fleet, progress, cancellation);
            return await DemoOutcome.ReadAsync(connection, collection, fleet, cancellation);
        });
        DemoSummary? summary = null;
        await ProgressBar.RunAsync(_console, "Cutting out faces", outcome.Faces.Count(), progress => ContactSheet.WriteAsync(
            Path.GetFullPath(parse.GetValue(_output)!), fleet, outcome,
            page => summary = DemoSummary.Of(fleet, player, outcome, render, watch.Elapsed, page),
            progress, cancellation));
        if (parse.GetValue(_json))
        {
            _console.Output.WriteLine(JsonText.Record(summary!));
        }
        else
        {
            DemoText.Write(_console, summary!);
        }
    }

    private async Task StayAsync(Uri server, CancellationToken cancellation)
    {
        _console.Note($"The server stays at {server.AbsoluteUri.TrimEnd('/')} until Ctrl-C. Try:");
        foreach (var call in GrpcurlCall.Examples(ResourceNames.Collection(Collection)))
        {
            _console.Note($"  {call.CommandLine(server)}");
        }

        try
        {
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how this ends.
        }
    }
}
