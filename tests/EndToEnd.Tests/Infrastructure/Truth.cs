using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.V1;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>What a collection has to hold: the batch clustering of everything that was acknowledged.</summary>
internal sealed class Truth(double threshold = 0.5)
{
    private readonly Dictionary<string, float[]> _faces = [];

    public int Count => _faces.Count;

    public IEnumerable<string> Names => _faces.Keys;

    public void Add(string name, float[] values) => _faces[name] = values;

    /// <summary>Reads all clusters as of the revision and compares them, member by member.</summary>
    public async Task MatchesAsync(ApiClient api, string collection, string revision)
    {
        var actual = new Dictionary<string, string>();
        var token = string.Empty;
        do
        {
            var page = await api.Clusters.ListClustersAsync(new ListClustersRequest { Parent = collection, PageSize = 7, PageToken = token, MinRevision = revision });
            Assert.Empty(page.Unreachable);
            foreach (var cluster in page.Clusters)
            {
                var members = await MembersAsync(api, cluster.Name);
                Assert.Equal(cluster.Size, members.Count);
                foreach (var member in members)
                {
                    Assert.True(actual.TryAdd(member.Name, Id(cluster.Name)), "A face is in two clusters.");
                    Assert.Equal(cluster.Name, member.Cluster);
                }
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(Expected(), actual.ToDictionary(pair => Id(pair.Key), pair => pair.Value));
    }

    private static async Task<List<Face>> MembersAsync(ApiClient api, string cluster)
    {
        var members = new List<Face>();
        var token = string.Empty;
        do
        {
            var page = await api.Clusters.ListClusterMembersAsync(new ListClusterMembersRequest { Parent = cluster, PageSize = 50, PageToken = token });
            members.AddRange(page.Faces);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return members;
    }

    private Dictionary<string, string> Expected()
    {
        FaceId[] ids = [.. _faces.Keys.Select(name => FaceId.TryParse(Id(name), out var id) ? id : throw new InvalidOperationException(name))];
        var set = FaceSet.FromRaw([.. _faces.Values.SelectMany(values => values)], Embeddings.Dimension, ids);
        var forest = BatchForest.Build(set, new ForestOptions { Threshold = threshold });
        return Enumerable.Range(0, ids.Length).ToDictionary(row => ids[row].ToString(), row => forest.Cluster(row).ToString());
    }

    private static string Id(string name) => name[(name.LastIndexOf('/') + 1)..];
}
