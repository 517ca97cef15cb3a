using FaceCluster.Core;
using FaceCluster.Storage.Metadata;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace FaceCluster.Grains.Identities;

/// <summary>
/// The identities of a collection. Changes go one after the other (a lock across awaits); identification interleaves on
/// immutable views of the indexes and scans on the compute pool.
/// </summary>
[KeepAlive]
[Reentrant]
[GrainType("fc.gallery")]
internal sealed partial class GalleryGrain(
    IMetadataStore metadata,
    ComputePool pool,
    TimeProvider time,
    ILogger<GalleryGrain> logger) : Grain, IGalleryGrain, IDisposable
{
    private readonly SemaphoreSlim _changes = new(1, 1);
    private string _collection = string.Empty;
    private CollectionInfo? _info;
    private ShardRoutes _routes = null!;
    private GalleryTable _table = new(Similarity.LaneCount);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _collection = this.GetPrimaryKeyString();
        _info = await GrainFactory.GetGrain<ICatalogGrain>(0).Get(_collection);
        if (_info is null)
        {
            return;
        }

        _routes = new ShardRoutes(GrainFactory, time, _info);
        var table = new GalleryTable(_info.Settings.Dimension);
        string? after = null;
        while (await metadata.Identities.ListAsync(_collection, after, 1000, cancellationToken) is { Count: > 0 } rows)
        {
            var units = await Units([.. rows.SelectMany(static row => row.Faces).Select(static face => face.Face)]);
            foreach (var row in rows)
            {
                table.Put(row, units.ToDictionary(static pair => pair.Key, static pair => pair.Value.Unit));
            }

            after = rows[^1].Id;
        }

        _table = table;
    }

    /// <inheritdoc/>
    public async ValueTask<IdentityInfo> Create(string? id, string displayName, IReadOnlyDictionary<string, string> labels)
    {
        ThrowIfUnknown();
        IdentityRules.Check(id, displayName, labels);
        using var change = await Change();
        var now = NowMicros();
        var row = new IdentityRow
        {
            Collection = _collection,
            Id = id ?? Guid.NewGuid().ToString("N"),
            DisplayName = displayName,
            Labels = labels,
            CreatedMicros = now,
            UpdatedMicros = now,
            Etag = Etag(),
        };
        try
        {
            await metadata.Identities.CreateAsync(row);
        }
        catch (MetadataConflictException)
        {
            throw new DomainException(DomainStatus.AlreadyExists, "IDENTITY_EXISTS", $"There is an identity '{row.Id}' already.", "identity_id");
        }

        _table.Put(row, new Dictionary<FaceId, float[]>());
        return _table.Find(row.Id)!.Info;
    }

    /// <inheritdoc/>
    public async ValueTask<IdentityInfo> Enrol(string id, IReadOnlyList<FaceId> faces, string? etag = null)
    {
        ThrowIfUnknown();
        using var change = await Change();
        var entry = Require(id, etag);
        var fresh = faces.Distinct().Where(face => _table.Owner(face) != id).ToArray();
        if (fresh.FirstOrDefault(face => _table.Owner(face) is not null) is { IsNone: false } taken)
        {
            throw new DomainException(
                DomainStatus.FailedPrecondition,
                "FACE_ENROLLED",
                $"The face {taken} is enrolled for the identity '{_table.Owner(taken)}'.",
                "faces");
        }

        if (fresh.Length == 0)
        {
            return entry.Info;
        }

        var units = await Units([.. entry.Row.Faces.Select(static face => face.Face), .. fresh]);
        if (fresh.FirstOrDefault(face => !units.ContainsKey(face)) is { IsNone: false } missing)
        {
            throw new DomainException(DomainStatus.NotFound, "FACE_NOT_FOUND", $"There is no face {missing}.", "faces");
        }

        await Store(entry, units);
        return entry.Info;
    }

    /// <inheritdoc/>
    public ValueTask<IdentityInfo?> Get(string id)
    {
        ThrowIfUnknown();
        return new(_table.Find(id)?.Info);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<IdentityInfo>> List(string? after, int limit)
    {
        ThrowIfUnknown();
        return new([.. _table.After(after).Take(Math.Clamp(limit, 1, 1000)).Select(static entry => entry.Info)]);
    }

    /// <inheritdoc/>
    public async ValueTask<int?> Delete(string id, string? etag = null)
    {
        ThrowIfUnknown();
        if (_table.Find(id) is null)
        {
            return null;
        }

        // Faces first: a deletion that breaks off leaves an identity that can be deleted again, not faces nobody names.
        // Without the lock, because the shards take the deleted faces out of the gallery in turn.
        var entry = Require(id, etag);
        var deleted = 0;
        await _routes.EachAsync(
            entry.Row.Faces.Select(static face => face.Face), int.MaxValue, async (shard, faces) => deleted += await shard.Delete(faces));

        using (await Change())
        {
            await metadata.Identities.DeleteAsync(_collection, id);
            _table.Remove(id);
        }

        _ = ScrubAsync();
        return deleted;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<FaceId, string>> FindByFaces(IReadOnlyList<FaceId> faces)
    {
        ThrowIfUnknown();
        var found = new Dictionary<FaceId, string>();
        foreach (var face in faces)
        {
            if (_table.Owner(face) is { } owner)
            {
                found[face] = owner;
            }
        }

        return new(found);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveFaces(IReadOnlyList<FaceId> faces)
    {
        ThrowIfUnknown();
        using var change = await Change();
        foreach (var group in faces.Where(face => _table.Owner(face) is not null).GroupBy(face => _table.Owner(face)!).ToArray())
        {
            var entry = _table.Find(group.Key)!;
            var gone = group.ToHashSet();
            await Store(entry, await Units([.. entry.Row.Faces.Select(static face => face.Face).Where(face => !gone.Contains(face))]));
        }
    }

    /// <inheritdoc/>
    public ValueTask Drop()
    {
        _info = null;
        DeactivateOnIdle();
        return default;
    }

    /// <inheritdoc/>
    public void Dispose() => _changes.Dispose();

    private static string Etag() => Guid.NewGuid().ToString("N")[..16];

    private void ThrowIfUnknown()
    {
        if (_info is null)
        {
            DeactivateOnIdle();
            throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{_collection}'.", "collection");
        }
    }

    private GalleryEntry Require(string id, string? etag)
    {
        var entry = _table.Find(id)
            ?? throw new DomainException(DomainStatus.NotFound, "IDENTITY_NOT_FOUND", $"There is no identity '{id}'.", "name");
        return etag is null || etag == entry.Row.Etag
            ? entry
            : throw new DomainException(DomainStatus.Aborted, "ETAG_MISMATCH", "The identity changed since it was read; read it again.", "etag");
    }

    /// <summary>Stores exactly the faces whose vectors are given.</summary>
    private async Task Store(GalleryEntry entry, Dictionary<FaceId, (FaceRank Rank, float[] Unit)> units)
    {
        var row = entry.Row with
        {
            Faces = [.. units.Values.OrderByDescending(static face => face.Rank).Select(static face => new IdentityFace(face.Rank.Id, face.Rank.Magnitude))],
            Template = Template.Sum(units.Values, _info!.Settings.Dimension),
            UpdatedMicros = NowMicros(),
            Etag = Etag(),
        };
        await metadata.Identities.UpdateAsync(row, entry.Row.Etag);
        _table.Put(row, units.ToDictionary(static pair => pair.Key, static pair => pair.Value.Unit));
    }

    /// <summary>Rank and unit vector of each face that exists.</summary>
    private async Task<Dictionary<FaceId, (FaceRank Rank, float[] Unit)>> Units(IReadOnlyList<FaceId> faces)
    {
        var units = new Dictionary<FaceId, (FaceRank, float[])>();
        await _routes.EachAsync(faces, int.MaxValue, async (shard, ids) =>
        {
            foreach (var record in await shard.Get(ids, withEmbedding: true))
            {
                units[record.Id] = (new FaceRank(record.Magnitude, record.Id), EmbeddingBytes.ToArray(record.UnitEmbedding.Span));
            }
        });
        return units;
    }

    private long NowMicros() => (long)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds;

    private async Task<IDisposable> Change()
    {
        await _changes.WaitAsync();
        ThrowIfUnknown();
        return new Release(_changes);
    }

    /// <summary>A deleted template leaves no bytes in the database's file.</summary>
    private async Task ScrubAsync()
    {
        try
        {
            await metadata.ScrubAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogScrubFailed(logger, _collection, error);
        }
    }

    private sealed class Release(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }

    [LoggerMessage(1401, LogLevel.Warning, "Collection {Collection}: removing the bytes of deleted identities failed; the next deletion repeats it.")]
    private static partial void LogScrubFailed(ILogger logger, string collection, Exception error);
}
