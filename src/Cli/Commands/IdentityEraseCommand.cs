using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster identity erase</c>.</summary>
internal sealed class IdentityEraseCommand : ServerCommand
{
    private readonly Argument<string> _identity = new("identity") { Description = "Id of the identity." };
    private readonly Option<bool> _yes = new("--yes") { Description = "Yes, erase it with its faces for good." };

    public IdentityEraseCommand(CliConsole console)
        : base(
            console, "erase", "Erases an identity with its faces so that nothing of them is left, and prints a receipt.",
            "identity erase ada --yes")
    {
        Arguments.Add(_identity);
        Options.Add(_yes);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        if (!call.Parse.GetValue(_yes))
        {
            throw new CliException("this erases the identity and all its faces for good; add --yes to do it.", ExitCode.Usage);
        }

        var operation = await call.Connection.Identities.EraseIdentityAsync(
            new EraseIdentityRequest
            {
                Name = call.Child("identities", call.Parse.GetValue(_identity)!),
                RequestId = Guid.NewGuid().ToString(),
            },
            deadline: call.Deadline, cancellationToken: call.Cancellation);
        return await ErasureOutcome.PrintAsync(Console, call.Connection, operation, call.Json, call.Cancellation);
    }
}
