using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster faces erase</c>.</summary>
internal sealed class FacesEraseCommand : ServerCommand
{
    private readonly Argument<string[]> _faces = new("face") { Description = "Ids of the faces.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _file = new("--file") { Description = "A text file with one face id per line.", HelpName = "FILE" };
    private readonly Option<bool> _yes = new("--yes") { Description = "Yes, erase them for good." };

    public FacesEraseCommand(CliConsole console)
        : base(
            console, "erase", "Erases faces so that nothing of them is left in memory, logs, snapshots and metadata, and prints a receipt.",
            "faces erase 4be0f3aa6c0d4e0f9a5c1c3b2a190817 --yes", "faces erase --file ids.txt --yes --json")
    {
        Arguments.Add(_faces);
        Options.Add(_file);
        Options.Add(_yes);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        if (!call.Parse.GetValue(_yes))
        {
            throw new CliException("this erases the faces for good; add --yes to do it.", ExitCode.Usage);
        }

        var request = new EraseFacesRequest { Parent = call.Collection, RequestId = Guid.NewGuid().ToString() };
        request.Faces.AddRange(call.Parse.GetValue(_faces)!.Select(face => call.Child("faces", face)));
        if (call.Parse.GetValue(_file) is { } file)
        {
            var lines = await File.ReadAllLinesAsync(file, call.Cancellation);
            request.Faces.AddRange(lines.Select(static line => line.Trim()).Where(static line => line.Length > 0).Select(face => call.Child("faces", face)));
        }

        if (request.Faces.Count == 0)
        {
            throw new CliException("name at least one face, or a file with --file.", ExitCode.Usage);
        }

        var operation = await call.Connection.Faces.EraseFacesAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
        return await ErasureOutcome.PrintAsync(Console, call.Connection, operation, call.Json, call.Cancellation);
    }
}
