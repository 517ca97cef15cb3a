using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary>Follows an erasure to its end and prints the receipt.</summary>
internal static class ErasureOutcome
{
    public static async Task<int> PrintAsync(
        CliConsole console, ServerConnection connection, Operation operation, bool json, CancellationToken cancellation)
    {
        console.Note($"Operation {ResourceNames.Id(operation.Name)}; it goes on when this command is interrupted.");
        operation = await ProgressBar.RunAsync(
            console, "Erasing", operation.Progress.StepsTotal, progress => connection.WaitAsync(operation, progress, cancellation));
        if (operation.ErasureReceipt is not { } receipt)
        {
            throw new CliException($"the erasure failed: {operation.Error?.Message}");
        }

        if (json)
        {
            console.Output.WriteLine(JsonText.Message(receipt));
            return ExitCode.Success;
        }

        console.Output.WriteLine($"Erased {receipt.ErasedFaces} of {receipt.RequestedFaces} faces and {receipt.ErasedIdentities} identities.");
        console.Output.WriteLine($"SHA-256 of the face ids: {receipt.FacesSha256}");
        var table = Tables.Create("place", "gone since", "what");
        foreach (var place in receipt.Places)
        {
            table.Add(place.Place, Tables.Time(place.FinishTime), place.What);
        }

        console.Results.Write(table);
        foreach (var sentence in receipt.NotCovered)
        {
            console.Note($"Not covered: {sentence}");
        }

        return ExitCode.Success;
    }
}
