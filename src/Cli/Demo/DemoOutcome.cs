using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>All faces of the demonstration with their clusters and their true labels.</summary>
/// <param name="Clusters">The clusters, the largest first, each with its faces by rank, the best first.</param>
/// <param name="Strays">Faces that are on no marked face of the photographs.</param>
internal sealed record DemoOutcome(IReadOnlyList<IReadOnlyList<ClusteredFace>> Clusters, int Strays)
{
    private const int PageSize = 1000;

    /// <summary>Every face.</summary>
    public IEnumerable<ClusteredFace> Faces => Clusters.SelectMany(cluster => cluster);

    /// <summary>Reads the clusters from the server and labels their faces.</summary>
    public static async Task<DemoOutcome> ReadAsync(ServerConnection connection, string collection, VirtualFleet fleet, CancellationToken cancellation)
    {
        var clusters = new List<List<Face>>();
        await foreach (var cluster in ListClustersAsync(connection, collection, cancellation))
        {
            clusters.Add(await ListMembersAsync(connection, cluster, cancellation));
        }

        var truth = new GroundTruth(fleet.Truth.Photographs);
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        var frames = clusters.SelectMany(cluster => cluster).GroupBy(face => (face.Camera, face.Sequence))
            .OrderBy(frame => frame.Key.Camera, StringComparer.Ordinal).ThenBy(frame => frame.Key.Sequence);
        foreach (var frame in frames)
        {
            Face[] faces = [.. frame.OrderBy(face => face.Index)];
            var shot = fleet.Frame(frame.Key.Camera, frame.Key.Sequence).Shot;
            var found = truth.LabelsOf(shot, [.. faces.Select(face => SKRect.Create(face.Box.Left, face.Box.Top, face.Box.Width, face.Box.Height))]);
            for (var i = 0; i < faces.Length; i++)
            {
                labels[faces[i].Name] = found[i];
            }
        }

        return new DemoOutcome(
            [.. clusters.Select((cluster, number) => (IReadOnlyList<ClusteredFace>)[.. cluster.Select(face =>
                new ClusteredFace(face, number, labels[face.Name], fleet.Frame(face.Camera, face.Sequence)))])],
            truth.Strays);
    }

    private static async IAsyncEnumerable<string> ListClustersAsync(
        ServerConnection connection, string collection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var token = string.Empty;
        do
        {
            var page = await connection.Clusters.ListClustersAsync(
                new ListClustersRequest { Parent = collection, PageSize = PageSize, PageToken = token },
                deadline: connection.Deadline, cancellationToken: cancellation);
            foreach (var cluster in page.Clusters)
            {
                yield return cluster.Name;
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);
    }

    private static async Task<List<Face>> ListMembersAsync(ServerConnection connection, string cluster, CancellationToken cancellation)
    {
        var faces = new List<Face>();
        var token = string.Empty;
        do
        {
            var page = await connection.Clusters.ListClusterMembersAsync(
                new ListClusterMembersRequest { Parent = cluster, PageSize = PageSize, PageToken = token },
                deadline: connection.Deadline, cancellationToken: cancellation);
            faces.AddRange(page.Faces);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return faces;
    }
}
