using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster clusters list</c>.</summary>
internal sealed class ClustersListCommand : ServerCommand
{
    private readonly Option<int> _limit = Paging.LimitOption();

    private readonly Option<long> _minSize = new("--min-size")
    {
        Description = "Only clusters with at least so many faces.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public ClustersListCommand(CliConsole console)
        : base(console, "list", "Lists the clusters of a collection, the largest first.", "clusters list", "clusters list --min-size 5 --json")
    {
        Options.Add(_limit);
        Options.Add(_minSize);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        long total = 0;
        var clusters = await Paging.CollectAsync<Cluster>(call.Parse.GetValue(_limit), async (size, token) =>
        {
            var page = await call.Connection.Clusters.ListClustersAsync(
                new ListClustersRequest { Parent = call.Collection, PageSize = size, PageToken = token, MinSize = call.Parse.GetValue(_minSize) },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            total = page.TotalSize;
            return (page.Clusters, page.NextPageToken);
        });
        return Print(call, "clusters", clusters, () =>
        {
            var table = Tables.Create("cluster", ">faces", ">uncertain", ">best magnitude", "identities");
            foreach (var cluster in clusters)
            {
                table.Add(
                    ResourceNames.Id(cluster.Name), $"{cluster.Size}", $"{cluster.UncertainSize}", $"{cluster.CenterMagnitude:0.00}",
                    string.Join(", ", cluster.Identities.Select(ResourceNames.Id)));
            }

            Console.Results.Write(table);
            Console.Note($"{clusters.Count} of {total} clusters.");
        });
    }
}
