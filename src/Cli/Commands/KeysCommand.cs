using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Gateway.Access;
using FaceCluster.Silo.Access;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster keys</c>: the API keys of a data folder; needs no running server.</summary>
internal sealed class KeysCommand : Command
{
    public KeysCommand(CliConsole console)
        : base("keys", "Creates, lists and revokes the API keys of a server on this machine. A running server notices within seconds.")
    {
        Subcommands.Add(new CreateCommand(console));
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new RevokeCommand(console));
    }

    private static Option<string?> DatabaseOption() => new("--database")
    {
        Description = "PostgreSQL of a cluster (or FACECLUSTER_DATABASE) instead of a folder.",
        HelpName = "CONNECTION",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FACECLUSTER_DATABASE"),
    };

    private static Task<DataDirectoryKeys> OpenAsync(string data, string? database, CancellationToken cancellation) => string.IsNullOrEmpty(database)
        ? DataDirectoryKeys.OpenAsync(data, cancellation)
        : DataDirectoryKeys.OpenDatabaseAsync(database, cancellation);

    private static string Scopes(ApiKey key) => key.Scopes.ToString().ToLowerInvariant();

    private sealed class CreateCommand : CliCommand
    {
        private readonly Argument<string> _name = new("name") { Description = "What the key is for, 1 to 100 characters." };

        private readonly Option<string[]> _scopes = new("--scope")
        {
            Description = "What it may do: read, write (does not include read) or admin (everything); may be repeated.",
            HelpName = "read|write|admin",
            AllowMultipleArgumentsPerToken = true,
            Required = true,
        };

        private readonly Option<string> _data = DataOption.Create();
        private readonly Option<string?> _database = DatabaseOption();
        private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

        public CreateCommand(CliConsole console)
            : base(
                "create", "Creates a key and prints it. It is stored hashed and cannot be shown again.",
                "keys create door-camera --scope write", "keys create desk --scope read write --data /srv/faces")
        {
            _scopes.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "read", "write", "admin");
            Arguments.Add(_name);
            Options.Add(_scopes);
            Options.Add(_data);
            Options.Add(_database);
            Options.Add(_json);
            Run(console, async (parse, cancellation) =>
            {
                await using var keys = await OpenAsync(parse.GetValue(_data)!, parse.GetValue(_database), cancellation);
                var scopes = parse.GetValue(_scopes)!.Aggregate(ApiScopes.None, (all, scope) => all | Enum.Parse<ApiScopes>(scope, ignoreCase: true));
                try
                {
                    var (key, token) = await keys.Manager.CreateAsync(parse.GetValue(_name)!, scopes, cancellation);
                    console.Output.WriteLine(parse.GetValue(_json)
                        ? JsonText.Record(new { key.Id, key.Name, Scopes = Scopes(key), Token = token })
                        : token);
                }
                catch (ArgumentException failure)
                {
                    throw new CliException(failure.Message, ExitCode.Refused, failure);
                }

                if (!parse.GetValue(_json))
                {
                    console.Note("Keep it: it cannot be shown again. Give it to commands as FACECLUSTER_API_KEY.");
                }

                return ExitCode.Success;
            });
        }
    }

    private sealed class ListCommand : CliCommand
    {
        private readonly Option<string> _data = DataOption.Create();
        private readonly Option<string?> _database = DatabaseOption();
        private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

        public ListCommand(CliConsole console)
            : base("list", "Lists the keys, without the keys themselves.", "keys list --data /srv/faces")
        {
            Options.Add(_data);
            Options.Add(_database);
            Options.Add(_json);
            Run(console, async (parse, cancellation) =>
            {
                await using var keys = await OpenAsync(parse.GetValue(_data)!, parse.GetValue(_database), cancellation);
                var all = await keys.Manager.ListAsync(cancellation);
                if (parse.GetValue(_json))
                {
                    console.Output.WriteLine(JsonText.Record(new { Keys = all.Select(key => new { key.Id, key.Name, Scopes = Scopes(key), key.Created }) }));
                    return ExitCode.Success;
                }

                var table = Tables.Create("key", "name", "scopes", "created");
                foreach (var key in all)
                {
                    table.Add(key.Id, key.Name, Scopes(key), $"{key.Created.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
                }

                console.Results.Write(table);
                return ExitCode.Success;
            });
        }
    }

    private sealed class RevokeCommand : CliCommand
    {
        private readonly Argument<string> _id = new("key") { Description = "Id of the key." };
        private readonly Option<string> _data = DataOption.Create();
        private readonly Option<string?> _database = DatabaseOption();

        public RevokeCommand(CliConsole console)
            : base("revoke", "Revokes a key.", "keys revoke 0a1b2c3d4e5f")
        {
            Arguments.Add(_id);
            Options.Add(_data);
            Options.Add(_database);
            Run(console, async (parse, cancellation) =>
            {
                await using var keys = await OpenAsync(parse.GetValue(_data)!, parse.GetValue(_database), cancellation);
                var id = parse.GetValue(_id)!;
                if (!await keys.Manager.RevokeAsync(id, cancellation))
                {
                    throw new CliException($"there is no key '{id}'.", ExitCode.NotFound);
                }

                console.Output.WriteLine("Revoked.");
                return ExitCode.Success;
            });
        }
    }
}
