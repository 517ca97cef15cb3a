using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster verify</c>: whether two faces are of one person.</summary>
internal sealed class VerifyCommand : ServerCommand
{
    private readonly Argument<string> _first = new("first") { Description = "A picture, or the id of a stored face." };
    private readonly Argument<string> _second = new("second") { Description = "The other one." };
    private readonly Option<PictureKind> _kind = QueryFace.KindOption();

    private readonly Option<double?> _threshold = new("--threshold")
    {
        Description = "The cosine above which two faces count as one person, -1 to 1 [default: the collection's].",
        HelpName = "COSINE",
    };

    public VerifyCommand(CliConsole console)
        : base(
            console, "verify", "Compares two faces. Of a picture with several faces the largest one counts.",
            "verify passport.jpg door.jpg", "verify door.jpg 4be0f3aa6c0d4e0f9a5c1c3b2a190817 --json")
    {
        Arguments.Add(_first);
        Arguments.Add(_second);
        Options.Add(_kind);
        Options.Add(_threshold);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var kind = call.Parse.GetValue(_kind);
        var request = new VerifyFacesRequest
        {
            Parent = call.Collection,
            First = await QueryFace.ReadAsync(call.Parse.GetValue(_first)!, call.Collection, kind, call.Cancellation),
            Second = await QueryFace.ReadAsync(call.Parse.GetValue(_second)!, call.Collection, kind, call.Cancellation),
        };
        if (call.Parse.GetValue(_threshold) is { } threshold)
        {
            request.Threshold = threshold;
        }

        var answer = await call.Connection.Faces.VerifyFacesAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
        return Print(call, answer, () =>
        {
            var probability = answer.HasProbability ? $", probability {answer.Probability:0.000}" : "";
            Console.Output.WriteLine(
                $"{(answer.SamePerson ? "the same person" : "different people")}: similarity {Tables.Cosine(answer.Similarity)} "
                + $"(threshold {Tables.Cosine(answer.Threshold)}{probability})");
            NoteCrowd("first", answer.First);
            NoteCrowd("second", answer.Second);
        });
    }

    private void NoteCrowd(string which, VerifyFacesResponse.Types.VerifiedFace face)
    {
        if (face.FaceCount > 1)
        {
            Console.Note($"The {which} picture holds {face.FaceCount} faces; the largest one was compared ({Tables.BoxText(face.Box)}).");
        }
    }
}
