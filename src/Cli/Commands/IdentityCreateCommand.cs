using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster identity create</c>.</summary>
internal sealed class IdentityCreateCommand : ServerCommand
{
    private readonly Argument<string> _identity = new("identity") { Description = "Id: 1 to 63 of a-z, 0-9 and -, beginning with a letter." };
    private readonly Option<string?> _name = new("--name") { Description = "The name for people to read [default: the id].", HelpName = "TEXT" };
    private readonly FaceSelection _faces;

    public IdentityCreateCommand(CliConsole console)
        : base(
            console, "create", "Gives a person a name, with or without first faces.",
            "identity create ada --name \"Ada Lovelace\" --cluster 4be0f3aa6c0d4e0f9a5c1c3b2a190817",
            "identity create bob --face 0c2f6b7d9e1a4c3fb0a8d7e6f5c4b3a2")
    {
        Arguments.Add(_identity);
        Options.Add(_name);
        _faces = new FaceSelection(this, required: false);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var id = call.Parse.GetValue(_identity)!;
        var request = new CreateIdentityRequest
        {
            Parent = call.Collection,
            IdentityId = id,
            Identity = new Identity { DisplayName = call.Parse.GetValue(_name) ?? id },
            Cluster = _faces.Cluster(call.Parse, value => call.Child("clusters", value)),
            RequestId = Guid.NewGuid().ToString(),
        };
        request.Faces.AddRange(_faces.Faces(call.Parse, value => call.Child("faces", value)));
        var identity = await call.Connection.Identities.CreateIdentityAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
        return Print(call, identity, () => Console.Results.Write(IdentityCommand.Table([identity])));
    }
}
