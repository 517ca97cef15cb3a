using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster faces</c>: reads, explains and deletes single faces.</summary>
internal sealed class FacesCommand : Command
{
    public FacesCommand(CliConsole console)
        : base("faces", "Lists, shows, explains and deletes single faces.")
    {
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new ShowCommand(console));
        Subcommands.Add(new FacesExplainCommand(console));
        Subcommands.Add(new DeleteCommand(console));
        Subcommands.Add(new FacesEraseCommand(console));
    }

    private static Argument<string> FaceArgument() => new("face") { Description = "Id of the face: 32 hexadecimal digits." };

    private sealed class ListCommand : ServerCommand
    {
        private readonly Option<int> _limit = Paging.LimitOption();
        private readonly Option<string> _camera = new("--camera") { Description = "Only faces of this camera.", HelpName = "NAME", DefaultValueFactory = _ => "" };
        private readonly Option<bool> _uncertain = new("--uncertain") { Description = "Only faces whose place is uncertain." };

        public ListCommand(CliConsole console)
            : base(console, "list", "Lists the faces of a collection.", "faces list --camera front-door", "faces list --uncertain --limit 0 --json")
        {
            Options.Add(_limit);
            Options.Add(_camera);
            Options.Add(_uncertain);
            Ready(RunAsync);
        }

        private async Task<int> RunAsync(Call call)
        {
            var faces = await Paging.CollectAsync<Face>(call.Parse.GetValue(_limit), async (size, token) =>
            {
                var page = await call.Connection.Faces.ListFacesAsync(
                    new ListFacesRequest
                    {
                        Parent = call.Collection,
                        PageSize = size,
                        PageToken = token,
                        Camera = call.Parse.GetValue(_camera),
                        UncertainOnly = call.Parse.GetValue(_uncertain),
                    },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
                return (page.Faces, page.NextPageToken);
            });
            return Print(call, "faces", faces, () => Console.Results.Write(Tables.Faces(faces)));
        }
    }

    private sealed class ShowCommand : ServerCommand
    {
        private readonly Argument<string> _face = FaceArgument();

        public ShowCommand(CliConsole console)
            : base(console, "show", "Shows one face.", "faces show 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
        {
            Arguments.Add(_face);
            Ready(async call =>
            {
                var face = await call.Connection.Faces.GetFaceAsync(
                    new GetFaceRequest { Name = call.Child("faces", call.Parse.GetValue(_face)!) },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
                return Print(call, face, () => Console.Results.Write(Tables.Faces([face])));
            });
        }
    }

    private sealed class DeleteCommand : ServerCommand
    {
        private readonly Argument<string[]> _faces = new("face") { Description = "Ids of the faces.", Arity = ArgumentArity.OneOrMore };

        public DeleteCommand(CliConsole console)
            : base(console, "delete", "Deletes faces from search, clusters, identities and store.", "faces delete 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
        {
            Arguments.Add(_faces);
            Ready(RunAsync);
        }

        private async Task<int> RunAsync(Call call)
        {
            DeleteFaceResponse? last = null;
            foreach (var face in call.Parse.GetValue(_faces)!)
            {
                last = await call.Connection.Faces.DeleteFaceAsync(
                    new DeleteFaceRequest { Name = call.Child("faces", face), RequestId = Guid.NewGuid().ToString() },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
            }

            return Print(call, last!, () => Console.Output.WriteLine("Deleted."));
        }
    }
}
