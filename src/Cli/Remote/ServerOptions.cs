using System.CommandLine;

namespace FaceCluster.Cli.Remote;

/// <summary>The options of every command that talks to a server.</summary>
public sealed class ServerOptions
{
    /// <summary>Where a server on this machine listens.</summary>
    public const string DefaultAddress = "http://127.0.0.1:8081";

    /// <summary>Longest time for one answer, in seconds.</summary>
    public const double DefaultTimeout = 60;

    private readonly Option<string> _server = new("--server")
    {
        Description = "Address of the server (or FACECLUSTER_SERVER).",
        HelpName = "URL",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FACECLUSTER_SERVER") is { Length: > 0 } address ? address : DefaultAddress,
    };

    private readonly Option<string?> _apiKey = new("--api-key")
    {
        Description = "API key (better given as FACECLUSTER_API_KEY: other users can read command lines).",
        HelpName = "KEY",
    };

    private readonly Option<double> _timeout = new("--timeout")
    {
        Description = "Longest time for one answer, in seconds.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => DefaultTimeout,
    };

    private readonly Option<string> _collection = new("--collection", "-c")
    {
        Description = "The collection to work with.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "default",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="collection">Whether the command works with one collection.</param>
    public ServerOptions AddTo(Command command, bool collection = true)
    {
        _server.Validators.Add(result =>
        {
            var value = result.GetValueOrDefault<string>();
            if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                result.AddError($"--server must be an http:// or https:// address; '{value}' is not.");
            }
        });
        _timeout.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 86400))
            {
                result.AddError("--timeout must be more than 0 and at most 86400 seconds.");
            }
        });
        if (collection)
        {
            command.Options.Add(_collection);
        }

        command.Options.Add(_json);
        command.Options.Add(_server);
        command.Options.Add(_apiKey);
        command.Options.Add(_timeout);
        return this;
    }

    /// <summary>Whether the result is to be one JSON object.</summary>
    public bool IsJson(ParseResult parse) => parse.GetValue(_json);

    /// <summary>The resource name of the chosen collection: <c>collections/NAME</c>.</summary>
    public string CollectionName(ParseResult parse) => ResourceNames.Collection(parse.GetValue(_collection)!);

    /// <summary>Opens the connection; the caller disposes of it.</summary>
    public ServerConnection Connect(ParseResult parse)
    {
        var key = parse.GetValue(_apiKey) is { Length: > 0 } given ? given : Environment.GetEnvironmentVariable("FACECLUSTER_API_KEY");
        return new ServerConnection(new Uri(parse.GetValue(_server)!), key, TimeSpan.FromSeconds(parse.GetValue(_timeout)));
    }
}
