using System.CommandLine;
using System.Text.Json.Nodes;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster clusters show</c>.</summary>
internal sealed class ClustersShowCommand : ServerCommand
{
    private readonly Argument<string> _cluster = new("cluster") { Description = "Id of the cluster. An id that it had earlier leads to it, too." };
    private readonly Option<int> _limit = Paging.LimitOption();

    public ClustersShowCommand(CliConsole console)
        : base(console, "show", "Shows a cluster and its faces by rank, the best first.", "clusters show 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
    {
        Arguments.Add(_cluster);
        Options.Add(_limit);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var name = call.Child("clusters", call.Parse.GetValue(_cluster)!);
        Cluster? cluster = null;
        var faces = await Paging.CollectAsync<Face>(call.Parse.GetValue(_limit), async (size, token) =>
        {
            var page = await call.Connection.Clusters.ListClusterMembersAsync(
                new ListClusterMembersRequest { Parent = name, PageSize = size, PageToken = token },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            cluster ??= page.Cluster;
            return (page.Faces, page.NextPageToken);
        });
        if (call.Json)
        {
            var result = new JsonObject
            {
                ["cluster"] = JsonText.Node(cluster!),
                ["faces"] = new JsonArray([.. faces.Select(JsonText.Node)]),
            };
            Console.Output.WriteLine(JsonText.Record(result));
            return ExitCode.Success;
        }

        if (cluster!.Name != name)
        {
            Console.Note($"{ResourceNames.Id(name)} is now part of {ResourceNames.Id(cluster.Name)}.");
        }

        var identities = cluster.Identities.Count == 0 ? "nobody with a name" : string.Join(", ", cluster.Identities.Select(ResourceNames.Id));
        Console.Output.WriteLine($"cluster {ResourceNames.Id(cluster.Name)}: {cluster.Size} faces, {cluster.UncertainSize} uncertain, {identities}");
        Console.Results.Write(Tables.Faces(faces));
        Paging.NoteRest(Console, faces.Count, cluster.Size);
        return ExitCode.Success;
    }
}
