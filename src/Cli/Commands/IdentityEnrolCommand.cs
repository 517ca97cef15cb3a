using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster identity enrol</c>.</summary>
internal sealed class IdentityEnrolCommand : ServerCommand
{
    private readonly Argument<string> _identity = new("identity") { Description = "Id of the identity." };
    private readonly FaceSelection _faces;

    public IdentityEnrolCommand(CliConsole console)
        : base(
            console, "enrol", "Adds stored faces to an identity: single ones, or all that are in a cluster now.",
            "identity enrol ada --cluster 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
    {
        Arguments.Add(_identity);
        _faces = new FaceSelection(this, required: true);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var request = new EnrolFacesRequest
        {
            Name = call.Child("identities", call.Parse.GetValue(_identity)!),
            Cluster = _faces.Cluster(call.Parse, value => call.Child("clusters", value)),
            RequestId = Guid.NewGuid().ToString(),
        };
        request.Faces.AddRange(_faces.Faces(call.Parse, value => call.Child("faces", value)));
        var answer = await call.Connection.Identities.EnrolFacesAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
        return Print(call, answer, () =>
        {
            Console.Results.Write(IdentityCommand.Table([answer.Identity]));
            Console.Note($"{answer.AddedFaces} faces added.");
        });
    }
}
