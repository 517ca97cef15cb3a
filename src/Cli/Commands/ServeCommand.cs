using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Silo;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster serve</c>: a whole server in this process.</summary>
internal sealed class ServeCommand : CliCommand
{
    private readonly CliConsole _console;
    private readonly Option<string> _data = DataOption.Create();

    private readonly Option<string> _address = new("--address")
    {
        Description = "Address to listen on: localhost, * or an IP address. Anything but loopback needs an API key ('facecluster keys create') or --insecure.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "localhost",
    };

    private readonly Option<int?> _port = DataOption.Port("--port", "Port of gRPC; 0 takes a free one. [default: 8081]");
    private readonly Option<int?> _httpPort = DataOption.Port("--http-port", "Port of /metrics, /livez and /readyz; 0 takes a free one. [default: 8080]");
    private readonly Option<bool> _noHttp = new("--no-http") { Description = "Serve neither metrics nor health over HTTP." };
    private readonly Option<string?> _models = new("--models") { Description = "Folder of the models (or FACECLUSTER_MODELS).", HelpName = "FOLDER" };

    private readonly Option<string?> _model = new("--model") { Description = "Embedding model, its manifest in it or beside it. [default: the one in the folder of the models]", HelpName = "FILE" };

    private readonly Option<string> _provider = new("--provider")
    {
        Description = "Where the models run.",
        HelpName = "cpu|cuda",
        DefaultValueFactory = _ => "cpu",
    };

    private readonly Option<bool> _fallback = new("--allow-cpu-fallback") { Description = "Run on the processor where the provider cannot be had, rather than not at all." };
    private readonly Option<bool> _noInference = new("--no-inference") { Description = "Load no models: the server then takes embeddings only." };
    private readonly ClusterOptions _cluster = new();
    private readonly Option<bool> _insecure = new("--insecure") { Description = "Let everybody who reaches the address in without an API key." };

    public ServeCommand(CliConsole console)
        : base(
            "serve", "Runs a server on this machine until Ctrl-C.",
            "serve", "serve --data /srv/faces --port 9000", "serve --address * --data /srv/faces",
            "serve --database \"Host=db;Username=facecluster\" --silo-name a --silo-port 11111 --silo-address 10.0.0.5")
    {
        _console = console;
        foreach (var option in new Option[] { _data, _address, _port, _httpPort, _noHttp, _models, _model, _provider, _fallback, _noInference, _insecure })
        {
            Options.Add(option);
        }

        _cluster.AddTo(this);

        _provider.AcceptOnlyFromAmong("cpu", "cuda");
        Run(console, RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var options = new FaceClusterServerOptions
        {
            DataDirectory = Path.GetFullPath(parse.GetValue(_data)!),
            Address = parse.GetValue(_address)!,
            GrpcPort = parse.GetValue(_port) ?? 8081,
            HttpPort = parse.GetValue(_noHttp) ? null : parse.GetValue(_httpPort) ?? 8080,
            Insecure = parse.GetValue(_insecure),
            Inference = new InferenceOptions
            {
                Enabled = !parse.GetValue(_noInference),
                Provider = parse.GetValue(_provider)!,
                AllowCpuFallback = parse.GetValue(_fallback),
                ModelDirectory = parse.GetValue(_models),
                ConfigureVision = parse.GetValue(_model) is { } model ? vision => vision.EmbeddingFile = Path.GetFullPath(model) : null,
            },
        };
        _cluster.Apply(parse, options);
        await using var server = await EmbeddedServer.StartAsync(options, cancellation);
        if (server.ServesGrpc)
        {
            _console.Output.WriteLine($"gRPC  {server.GrpcAddress.AbsoluteUri.TrimEnd('/')}");
        }

        if (server.HttpAddress is { } http)
        {
            _console.Output.WriteLine($"HTTP  {http.AbsoluteUri.TrimEnd('/')}/metrics, /livez, /readyz");
        }

        _console.Output.WriteLine($"data  {server.DataPlace}");
        _console.Output.WriteLine("Try in another terminal: facecluster ingest FOLDER; facecluster clusters list; facecluster identify PHOTO");
        _console.Output.Flush();
        await server.WaitForShutdownAsync(cancellation);
        return ExitCode.Success;
    }
}
