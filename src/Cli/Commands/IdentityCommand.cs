using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster identity</c>: people with a name.</summary>
internal sealed class IdentityCommand : Command
{
    public IdentityCommand(CliConsole console)
        : base("identity", "Creates, lists, shows and deletes identities: people with a name.")
    {
        Subcommands.Add(new IdentityCreateCommand(console));
        Subcommands.Add(new IdentityEnrolCommand(console));
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new ShowCommand(console));
        Subcommands.Add(new DeleteCommand(console));
        Subcommands.Add(new IdentityEraseCommand(console));
    }

    /// <summary>Identities by id, name, faces and time.</summary>
    internal static Spectre.Console.Table Table(IEnumerable<Identity> identities)
    {
        var table = Tables.Create("identity", "name", ">faces", "created", "changed");
        foreach (var identity in identities)
        {
            table.Add(
                ResourceNames.Id(identity.Name), identity.DisplayName, $"{identity.FaceCount}",
                Tables.Time(identity.CreateTime), Tables.Time(identity.UpdateTime));
        }

        return table;
    }

    private sealed class ListCommand : ServerCommand
    {
        private readonly Option<int> _limit = Paging.LimitOption();

        public ListCommand(CliConsole console)
            : base(console, "list", "Lists the identities of a collection.", "identity list")
        {
            Options.Add(_limit);
            Ready(async call =>
            {
                var identities = await Paging.CollectAsync<Identity>(call.Parse.GetValue(_limit), async (size, token) =>
                {
                    var page = await call.Connection.Identities.ListIdentitiesAsync(
                        new ListIdentitiesRequest { Parent = call.Collection, PageSize = size, PageToken = token },
                        deadline: call.Deadline, cancellationToken: call.Cancellation);
                    return (page.Identities, page.NextPageToken);
                });
                return Print(call, "identities", identities, () => Console.Results.Write(Table(identities)));
            });
        }
    }

    private sealed class ShowCommand : ServerCommand
    {
        private readonly Argument<string> _identity = new("identity") { Description = "Id of the identity." };

        public ShowCommand(CliConsole console)
            : base(console, "show", "Shows an identity.", "identity show ada")
        {
            Arguments.Add(_identity);
            Ready(async call =>
            {
                var identity = await call.Connection.Identities.GetIdentityAsync(
                    new GetIdentityRequest { Name = call.Child("identities", call.Parse.GetValue(_identity)!) },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
                return Print(call, identity, () => Console.Results.Write(Table([identity])));
            });
        }
    }

    private sealed class DeleteCommand : ServerCommand
    {
        private readonly Argument<string> _identity = new("identity") { Description = "Id of the identity." };
        private readonly Option<bool> _yes = new("--yes") { Description = "Yes, delete its faces as well." };

        public DeleteCommand(CliConsole console)
            : base(console, "delete", "Deletes an identity with its faces: from search, clusters and store.", "identity delete ada --yes")
        {
            Arguments.Add(_identity);
            Options.Add(_yes);
            Ready(RunAsync);
        }

        private async Task<int> RunAsync(Call call)
        {
            if (!call.Parse.GetValue(_yes))
            {
                throw new CliException("this deletes the identity and all its faces for good; add --yes to do it.", ExitCode.Usage);
            }

            var answer = await call.Connection.Identities.DeleteIdentityAsync(
                new DeleteIdentityRequest
                {
                    Name = call.Child("identities", call.Parse.GetValue(_identity)!),
                    RequestId = Guid.NewGuid().ToString(),
                },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, answer, () => Console.Output.WriteLine($"Deleted, with {answer.DeletedFaces} faces."));
        }
    }
}
