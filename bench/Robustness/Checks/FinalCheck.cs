using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Robustness.Load;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Robustness.Checks;

/// <summary>What a run came to.</summary>
public sealed record CheckResult
{
    /// <summary>Acknowledged faces that are not there.</summary>
    public int Lost { get; init; }

    /// <summary>Faces that are there twice, or items acknowledged with two faces.</summary>
    public int Doubled { get; init; }

    /// <summary>Faces that nobody sent, or that are there only in part.</summary>
    public int HalfWritten { get; init; }

    /// <summary>Faces whose cluster is not that of the batch clustering, or that are in no or several clusters.</summary>
    public int Mislabelled { get; init; }

    /// <summary>Cluster names that lead in a circle or nowhere.</summary>
    public int BrokenRedirects { get; init; }

    /// <summary>Faces stored in the end.</summary>
    public int Stored { get; init; }

    /// <summary>Clusters in the end.</summary>
    public int Clusters { get; init; }
}

/// <summary>Compares a cluster at rest with what was acknowledged.</summary>
public sealed class FinalCheck(string collection, CallInvoker gateway, History history)
{
    private readonly FaceService.FaceServiceClient _faces = new(gateway);
    private readonly ClusterService.ClusterServiceClient _clusters = new(gateway);
    private readonly CollectionService.CollectionServiceClient _collections = new(gateway);

    /// <summary>Waits until everything is linked, then compares.</summary>
    public async Task<CheckResult> RunAsync(WatchRecorder? watch, CancellationToken cancellationToken)
    {
        await LinkedAsync(cancellationToken);
        var listed = await FacesAsync(cancellationToken);
        var (places, twice, sizes) = await ClustersAsync(cancellationToken);
        var stored = listed.Select(face => face.Name).Distinct(StringComparer.Ordinal).ToList();
        var present = stored.ToHashSet(StringComparer.Ordinal);
        var sent = listed.ToLookup(face => (face.Camera, face.Sequence));
        var half = listed.Count(face => !history.Items.TryGetValue((face.Camera, face.Sequence), out var item) || (item.Face is not null && item.Face != face.Name))
            + stored.Count(face => !places.ContainsKey(face));
        var expected = Batch(listed);
        if (watch is not null)
        {
            await SettledAsync(watch, sizes, cancellationToken);
        }

        return new CheckResult
        {
            Lost = history.Items.Values.Count(item => item.Face is not null && !present.Contains(item.Face)),
            Doubled = listed.Count - stored.Count + sent.Count(faces => faces.Select(face => face.Name).Distinct(StringComparer.Ordinal).Count() > 1) + history.Contradictions,
            HalfWritten = half,
            Mislabelled = twice + expected.Count(face => places.GetValueOrDefault(face.Key) != face.Value),
            BrokenRedirects = watch is null ? 0 : await BrokenRedirectsAsync(watch, sizes, cancellationToken),
            Stored = stored.Count,
            Clusters = sizes.Count,
        };
    }

    private static string Id(string name) => name[(name.LastIndexOf('/') + 1)..];

    private async Task LinkedAsync(CancellationToken cancellationToken)
    {
        // A revision that never comes is a fault of the product: the run ends with it.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        foreach (var revision in history.Revisions)
        {
            try
            {
                await PatientlyAsync(() => _clusters.ListClustersAsync(
                    new ListClustersRequest { Parent = collection, PageSize = 1, MinRevision = revision },
                    deadline: DateTime.UtcNow.AddSeconds(30),
                    cancellationToken: patience.Token).ResponseAsync);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Cancelled && patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException("A face was acknowledged with a revision that did not come into the clusters within two minutes.", error);
            }
        }

        while (true)
        {
            var state = await PatientlyAsync(() => _collections.GetCollectionAsync(
                new GetCollectionRequest { Name = collection }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: cancellationToken).ResponseAsync);
            if (state.PendingFaceCount == 0)
            {
                return;
            }

            await Task.Delay(200, cancellationToken);
        }
    }

    private async Task<List<Face>> FacesAsync(CancellationToken cancellationToken)
    {
        var faces = new List<Face>();
        var token = string.Empty;
        do
        {
            var page = await PatientlyAsync(() => _faces.ListFacesAsync(
                new ListFacesRequest { Parent = collection, PageSize = 1000, PageToken = token },
                deadline: DateTime.UtcNow.AddSeconds(60),
                cancellationToken: cancellationToken).ResponseAsync);
            faces.AddRange(page.Faces);
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return faces;
    }

    private async Task<(Dictionary<string, string> Places, int Twice, Dictionary<string, long> Sizes)> ClustersAsync(CancellationToken cancellationToken)
    {
        var places = new Dictionary<string, string>(StringComparer.Ordinal);
        var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
        var twice = 0;
        var token = string.Empty;
        do
        {
            var page = await PatientlyAsync(() => _clusters.ListClustersAsync(
                new ListClustersRequest { Parent = collection, PageSize = 1000, PageToken = token },
                deadline: DateTime.UtcNow.AddSeconds(60),
                cancellationToken: cancellationToken).ResponseAsync);
            foreach (var cluster in page.Clusters)
            {
                sizes.Add(cluster.Name, cluster.Size);
                foreach (var face in await MembersAsync(cluster.Name, cancellationToken))
                {
                    twice += places.TryAdd(face, cluster.Name) ? 0 : 1;
                }
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return (places, twice, sizes);
    }

    private async Task<List<string>> MembersAsync(string cluster, CancellationToken cancellationToken)
    {
        var faces = new List<string>();
        var token = string.Empty;
        do
        {
            var page = await PatientlyAsync(() => _clusters.ListClusterMembersAsync(
                new ListClusterMembersRequest { Parent = cluster, PageSize = 1000, PageToken = token },
                deadline: DateTime.UtcNow.AddSeconds(60),
                cancellationToken: cancellationToken).ResponseAsync);
            faces.AddRange(page.Faces.Select(face => face.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return faces;
    }

    /// <summary>The batch clustering of the faces that are there: cluster by face, by full names.</summary>
    private Dictionary<string, string> Batch(List<Face> listed)
    {
        var known = listed.Where(face => history.Items.ContainsKey((face.Camera, face.Sequence))).DistinctBy(face => face.Name).ToList();
        FaceId[] ids = [.. known.Select(face => FaceId.TryParse(Id(face.Name), out var id) ? id : throw new InvalidOperationException(face.Name))];
        var set = FaceSet.FromRaw([.. known.SelectMany(face => history.Items[(face.Camera, face.Sequence)].Values)], People.Dimension, ids);
        var forest = BatchForest.Build(set, new ForestOptions { Threshold = 0.5 });
        return Enumerable.Range(0, ids.Length).ToDictionary(row => known[row].Name, row => $"{collection}/clusters/{forest.Cluster(row)}", StringComparer.Ordinal);
    }

    /// <summary>Every name that ever was a cluster leads to a cluster that is one now, and that one to itself.</summary>
    private async Task<int> BrokenRedirectsAsync(WatchRecorder watch, Dictionary<string, long> sizes, CancellationToken cancellationToken)
    {
        var broken = 0;
        foreach (var name in watch.Names.Where(name => !sizes.ContainsKey(name)).Take(2000))
        {
            var target = await PatientlyAsync(() => _clusters.GetClusterAsync(
                new GetClusterRequest { Name = name }, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: cancellationToken).ResponseAsync);
            broken += sizes.ContainsKey(target.Name) ? 0 : 1;
        }

        return broken;
    }

    private static async Task SettledAsync(WatchRecorder watch, Dictionary<string, long> sizes, CancellationToken cancellationToken)
    {
        // The last events may still be on their way.
        for (var i = 0; i < 150 && !Same(); i++)
        {
            await Task.Delay(200, cancellationToken);
        }

        if (!Same())
        {
            watch.Violations.Add($"the events add up to {watch.Sizes.Count} clusters, {sizes.Count} are there");
        }

        bool Same() => watch.Sizes.Count == sizes.Count && sizes.All(cluster => watch.Sizes.GetValueOrDefault(cluster.Key) == cluster.Value);
    }

    private static async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (RpcException error) when (attempt < 60 && error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Internal)
            {
                await Task.Delay(500);
            }
        }
    }
}
