using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster faces explain</c>: why a face is in its cluster.</summary>
internal sealed class FacesExplainCommand : ServerCommand
{
    private readonly Argument<string> _face = new("face") { Description = "Id of the face: 32 hexadecimal digits." };

    public FacesExplainCommand(CliConsole console)
        : base(
            console, "explain", "Shows why a face is in its cluster: each link to the centre, and what else was near.",
            "faces explain 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
    {
        Arguments.Add(_face);
        Ready(async call =>
        {
            var answer = await call.Connection.Faces.ExplainFaceAsync(
                new ExplainFaceRequest { Name = call.Child("faces", call.Parse.GetValue(_face)!) },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, answer, () => Write(answer));
        });
    }

    private void Write(ExplainFaceResponse answer)
    {
        Console.Results.Write(Tables.Faces([answer.Face]));
        if (answer.Path.Count == 0)
        {
            Console.Output.WriteLine($"It is the centre of its cluster: no face of higher rank is more similar than {answer.Threshold:0.000}.");
        }
        else
        {
            var path = Tables.Create("link", "face", ">magnitude", ">similarity", ">must exceed", "joined to", ">its magnitude");
            foreach (var (hop, number) in answer.Path.Select((hop, index) => (hop, index + 1)))
            {
                path.Add(
                    $"{number}", ResourceNames.Id(hop.Face), $"{hop.Magnitude:0.00}", Tables.Cosine(hop.Similarity), Tables.Cosine(hop.Threshold),
                    ResourceNames.Id(hop.Parent), $"{hop.ParentMagnitude:0.00}");
            }

            Console.Results.Write(path);
        }

        if (answer.Alternatives.Count > 0)
        {
            Console.Output.WriteLine("Nearest faces of higher rank (the first one is the parent):");
            var alternatives = Tables.Create("face", ">magnitude", ">similarity", "cluster");
            foreach (var alternative in answer.Alternatives)
            {
                alternatives.Add(
                    ResourceNames.Id(alternative.Face), $"{alternative.Magnitude:0.00}", Tables.Cosine(alternative.Similarity), ResourceNames.Id(alternative.Cluster));
            }

            Console.Results.Write(alternatives);
        }
    }
}
