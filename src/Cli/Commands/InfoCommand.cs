using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster info</c>: what the server is.</summary>
internal sealed class InfoCommand : ServerCommand
{
    public InfoCommand(CliConsole console)
        : base(console, "info", "Shows the server's version, models, inference provider and limits.", "info", "info --json") =>
        Ready(
            async call =>
            {
                var info = await call.Connection.Server.GetServerInfoAsync(
                    new GetServerInfoRequest(), deadline: call.Deadline, cancellationToken: call.Cancellation);
                return Print(call, info, () => Write(call, info));
            },
            collection: false);

    private void Write(Call call, ServerInfo info)
    {
        Console.Output.WriteLine($"FaceCluster {info.Version} at {call.Connection.Address}");
        var models = Tables.Create("model", ">numbers", "runs on");
        foreach (var model in info.Models)
        {
            models.Add(model.ModelId, $"{model.Dimension}", model.InferenceProvider.Length > 0 ? model.InferenceProvider : "takes embeddings only");
        }

        Console.Results.Write(models);
        if (info.Limits is { } limits)
        {
            var table = Tables.Create("limit", ">value");
            table.Add("items per block", $"{limits.MaxBlockItems}");
            table.Add("bytes per message", $"{limits.MaxMessageBytes}");
            table.Add("bytes per picture", $"{limits.MaxItemBytes}");
            table.Add("pixels per picture", $"{limits.MaxPixels}");
            table.Add("faces per frame", $"{limits.MaxFacesPerFrame}");
            table.Add("ingest streams", $"{limits.MaxIngestStreams}");
            table.Add("blocks in flight per stream", $"{limits.MaxInFlightBlocks}");
            table.Add("bytes in flight per stream", $"{limits.MaxInFlightBytes}");
            Console.Results.Write(table);
        }
    }
}
