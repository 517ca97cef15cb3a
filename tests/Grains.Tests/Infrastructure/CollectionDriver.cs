using FaceCluster.Clustering;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Grains.Tests;

/// <summary>Sends a crowd into a collection and compares what comes out with the batch function.</summary>
public sealed class CollectionDriver(IGrainFactory grains, CollectionInfo created)
{
    private readonly Dictionary<int, long> _acknowledged = [];
    private CollectionInfo _info = created;

    /// <summary>The collection as last heard.</summary>
    public CollectionInfo Info => _info;

    public IForestGrain Forest => grains.GetGrain<IForestGrain>(_info.Name);

    public IGalleryGrain Gallery => grains.GetGrain<IGalleryGrain>(_info.Name);

    public IShardGrain ShardOf(string camera) => Shard(_info.ShardOf(camera));

    public IShardGrain Shard(int shard) => grains.GetGrain<IShardGrain>(ShardKey.Of(_info.Name, shard));

    public static async Task<CollectionDriver> CreateAsync(
        IGrainFactory grains, int shards, double threshold = 0.4, ApproximateSearchSettings? approximate = null, int maxFacesPerShard = 0)
    {
        var name = "c" + Guid.NewGuid().ToString("N")[..16];
        var info = await grains.GetGrain<ICatalogGrain>(0).Create(name, new CollectionSettings
        {
            ModelId = "test",
            Dimension = Crowd.Dimension,
            ShardCount = shards,
            LinkThreshold = threshold,
            AmbiguityMargin = 0.03,
            QualityGate = 5,
            ApproximateSearch = approximate,
            MaxFacesPerShard = maxFacesPerShard,
        });
        return new CollectionDriver(grains, info);
    }

    /// <summary>The same collection through another silo.</summary>
    public CollectionDriver Through(IGrainFactory other) => new(other, _info);

    public async Task<BlockAnswer> Send(IReadOnlyList<Crowd.Sighting> sightings)
    {
        var answer = await Routed(() => ShardOf(sightings[0].Camera).Append(Crowd.Block(sightings)).AsTask());
        lock (_acknowledged)
        {
            var known = _acknowledged.GetValueOrDefault(answer.Revision.Shard, -1);
            _acknowledged[answer.Revision.Shard] = Math.Max(known, answer.Revision.Lsn);
        }

        return answer;
    }

    /// <summary>Repeats what a shard refused because it was split or is being opened elsewhere, with the present map.</summary>
    public async Task<T> Routed<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception error) when (error is OrleansMessageRejectionException or DomainException { Status: DomainStatus.Unavailable })
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
                await Refresh();
            }
        }
    }

    /// <summary>Fetches the present map.</summary>
    public async Task Refresh() => _info = await grains.GetGrain<ICatalogGrain>(0).Get(_info.Name) ?? _info;

    /// <summary>Completes when a shard was split.</summary>
    public async Task<RetiredShard> WasSplit(int shard)
    {
        while (true)
        {
            await Refresh();
            if (_info.Map.FindRetired(shard) is { } retired)
            {
                return retired;
            }

            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>
    /// Sends in an order of its own: blocks of random size, several writers at once, some blocks twice.
    /// </summary>
    public async Task SendShuffled(IEnumerable<Crowd.Sighting> sightings, int seed)
    {
        var random = new Random(seed);
        var blocks = new List<Crowd.Sighting[]>();
        foreach (var camera in sightings.GroupBy(static sighting => sighting.Camera))
        {
            var shuffled = camera.ToArray();
            random.Shuffle(shuffled);
            for (var at = 0; at < shuffled.Length;)
            {
                var size = Math.Min(random.Next(1, 33), shuffled.Length - at);
                blocks.Add(shuffled[at..(at + size)]);
                at += size;
            }
        }

        blocks.AddRange(blocks.Where(_ => random.Next(4) == 0).ToArray());
        var order = blocks.ToArray();
        random.Shuffle(order);
        await Parallel.ForEachAsync(order, new ParallelOptions { MaxDegreeOfParallelism = random.Next(1, 9) }, async (block, _) => await Send(block));
    }

    /// <summary>Completes when the forest has everything acknowledged to this driver.</summary>
    public ValueTask Settled(CancellationToken cancellationToken = default) =>
        Forest.WaitFor([.. _acknowledged.Select(static pair => new ShardRevision(pair.Key, pair.Value))], cancellationToken);

    /// <summary>Completes when no face of the collection looks for its place, orphans of deleted ones included.</summary>
    public async Task Quiet()
    {
        await Routed(async () =>
        {
            bool busy;
            do
            {
                busy = false;
                foreach (var shard in _info.Shards)
                {
                    var status = await Shard(shard).Status();
                    busy |= status.Unlinked > 0 || status.Splitting;
                }
            }
            while (busy);

            foreach (var shard in _info.Shards)
            {
                await Shard(shard).Resync();
            }

            return true;
        });
    }

    /// <summary>Asserts that parents, candidates, clusters and marks are those of the batch forest.</summary>
    public async Task AssertEquals(Clustering.Forest batch)
    {
        var faces = batch.Faces;
        var stored = new Dictionary<FaceId, FaceRecord>();
        foreach (var shard in _info.Shards)
        {
            for (long? from = 0; from is { } start;)
            {
                var page = await Shard(shard).List(start, 1000);
                foreach (var face in page.Faces)
                {
                    Assert.True(stored.TryAdd(face.Id, face), "A face is stored twice.");
                }

                from = page.Next;
            }
        }

        Assert.Equal(faces.Ids.ToArray().Order(), stored.Keys.Order());
        var members = (await Forest.GetMembers(faces.Ids.ToArray())).ToDictionary(static member => member.Id);
        for (var row = 0; row < faces.Count; row++)
        {
            var id = faces.Id(row);
            var expected = batch.Candidates[row].Items.ToArray().Select(static c => new FaceHit(c.Id, c.Similarity));
            Assert.Equal(expected, stored[id].Candidates);
            Assert.True(stored[id].Linked);
            Assert.Equal(batch.Cluster(row), members[id].Cluster);
            Assert.Equal(batch.Candidates[row].ParentId, members[id].Parent);
            Assert.Equal(Reason(batch.Marks(row)), members[id].Uncertain);
        }

        Assert.Equal(faces.Count, (await Forest.Status()).Faces);
    }

    private static UncertainReason Reason(FaceMarks marks) =>
        marks.HasFlag(FaceMarks.LowQuality) ? UncertainReason.LowQuality
        : marks.HasFlag(FaceMarks.Ambiguous) ? UncertainReason.Ambiguous
        : UncertainReason.None;
}
