using System.CommandLine;
using System.Text.Json;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster clusters watch</c>: prints changes until it is interrupted.</summary>
internal sealed class ClustersWatchCommand : ServerCommand
{
    private static readonly JsonSerializerOptions OneLine = new() { WriteIndented = false };

    private readonly Option<string> _from = new("--from")
    {
        Description = "The resume token to go on from [default: the present state].",
        HelpName = "TOKEN",
        DefaultValueFactory = _ => "",
    };

    public ClustersWatchCommand(CliConsole console)
        : base(
            console, "watch",
            "Prints the clusters and then every change as it happens, until Ctrl-C. With --json: one object per line.",
            "clusters watch", "clusters watch --json | jq --unbuffered .type")
    {
        Options.Add(_from);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var token = call.Parse.GetValue(_from)!;
        while (true)
        {
            using var stream = call.Connection.Clusters.WatchClusters(
                new WatchClustersRequest { Parent = call.Collection, ResumeToken = token }, cancellationToken: call.Cancellation);
            try
            {
                await foreach (var message in stream.ResponseStream.ReadAllAsync(call.Cancellation))
                {
                    foreach (var change in message.Events)
                    {
                        Write(call, change);
                    }

                    token = message.ResumeToken;
                }

                return ExitCode.Success;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable && token.Length > 0)
            {
                Console.Note($"{RpcErrorText.Describe(failure)} Trying again in 2 s.");
                await Task.Delay(TimeSpan.FromSeconds(2), call.Cancellation);
            }
        }
    }

    private void Write(Call call, ClusterEvent change)
    {
        if (call.Json)
        {
            Console.Output.WriteLine(JsonText.Node(change).ToJsonString(OneLine));
            Console.Output.Flush();
            return;
        }

        var cluster = change.Cluster.Length > 0 ? ResourceNames.Id(change.Cluster) : "";
        var other = change.OtherCluster.Length > 0 ? ResourceNames.Id(change.OtherCluster) : "";
        Console.Output.WriteLine(change.Type switch
        {
            ClusterEvent.Types.Type.Resync => $"{change.Version,8}  the clusters of now follow",
            ClusterEvent.Types.Type.Created => $"{change.Version,8}  new      {cluster}  {change.Size} faces",
            ClusterEvent.Types.Type.Changed => $"{change.Version,8}  changed  {cluster}  {change.Size} faces",
            ClusterEvent.Types.Type.Merged => $"{change.Version,8}  merged   {cluster}  into {other}",
            ClusterEvent.Types.Type.Split => $"{change.Version,8}  split    {cluster}  from {other}, {change.Size} faces",
            ClusterEvent.Types.Type.Removed => $"{change.Version,8}  removed  {cluster}",
            _ => $"{change.Version,8}  {change.Type}  {cluster}",
        });
        Console.Output.Flush();
    }
}
