using FaceCluster.Core;
using FaceCluster.Gateway.Faces;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Clusters;

/// <summary>Which identities stand behind which clusters: an identity belongs to every cluster that holds one of its faces.</summary>
internal sealed class ClusterIdentities(IGrainFactory grains, FaceReader faces)
{
    private const int PageSize = 1000;

    /// <summary>The identities of each cluster that has any, in order of their ids.</summary>
    public async Task<ILookup<FaceId, IdentityInfo>> ReadAsync(string collection)
    {
        var gallery = grains.GetGrain<IGalleryGrain>(collection);
        var identities = new List<IdentityInfo>();
        IReadOnlyList<IdentityInfo> page;
        do
        {
            page = await gallery.List(identities.Count > 0 ? identities[^1].Id : null, PageSize);
            identities.AddRange(page);
        }
        while (page.Count == PageSize);

        var members = await faces.MembersAsync(collection, [.. identities.SelectMany(identity => identity.Faces).Distinct()]);
        return identities
            .SelectMany(identity => identity.Faces
                .Where(members.ContainsKey)
                .Select(face => members[face].Cluster)
                .Distinct()
                .Select(cluster => (Cluster: cluster, Identity: identity)))
            .ToLookup(pair => pair.Cluster, pair => pair.Identity);
    }
}
