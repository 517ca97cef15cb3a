using System.Text.Json;
using FaceCluster.Storage;
using FaceCluster.Storage.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace FaceCluster.Grains.Catalog;

/// <summary>The list of collections, cached; and the answers to request ids.</summary>
/// <remarks>
/// Reentrant, because deleting a collection calls grains that ask the catalog while they activate. Two changes of one
/// name at a time are settled by the store, which takes a name once.
/// </remarks>
[KeepAlive]
[Reentrant]
[GrainType("fc.catalog")]
internal sealed partial class CatalogGrain(
    IMetadataStore metadata,
    IShardStoreFactory stores,
    IOptions<CatalogOptions> options,
    TimeProvider time,
    ILogger<CatalogGrain> logger) : Grain, ICatalogGrain
{
    private static readonly TimeSpan AnswerLife = TimeSpan.FromDays(2);
    private readonly SortedDictionary<string, CollectionInfo> _collections = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleting = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        string? after = null;
        while (await metadata.Collections.ListAsync(after, 1000, cancellationToken) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                if (row.DeletedMicros is null)
                {
                    _collections.Add(row.Name, CollectionRows.Info(row));
                }
                else
                {
                    _deleting.Add(row.Name);
                }
            }

            after = rows[^1].Name;
        }

        foreach (var name in _deleting.ToArray())
        {
            // A crash interrupted the deletion; its faces are already unreachable.
            LogDeletionResumed(logger, name);
            await stores.DeleteCollectionAsync(name, cancellationToken);
            await metadata.Identities.DeleteAllAsync(name, cancellationToken);
            await metadata.Collections.PurgeAsync(name, cancellationToken);
            _deleting.Remove(name);
        }

        await _restores.LoadAsync(cancellationToken);
        await metadata.Requests.DeleteExpiredAsync(NowMicros(), cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<CollectionInfo> Create(string name, CollectionSettings settings)
    {
        CollectionRules.Check(name, settings);
        ThrowIfTaken(name);
        return await CreateAsync(name, settings, Guid.NewGuid());
    }

    private void ThrowIfTaken(string name)
    {
        if (_collections.ContainsKey(name) || _deleting.Contains(name))
        {
            throw Taken(name);
        }
    }

    private static DomainException Taken(string name) =>
        new(DomainStatus.AlreadyExists, "COLLECTION_EXISTS", $"There is a collection '{name}' already.", "collection_id");

    private async Task<CollectionInfo> CreateAsync(string name, CollectionSettings settings, Guid uid)
    {
        var info = new CollectionInfo { Name = name, Settings = settings, CreatedMicros = NowMicros(), Uid = uid };
        try
        {
            await metadata.Collections.CreateAsync(new CollectionRow
            {
                Name = name,
                Uid = info.Uid,
                ModelId = settings.ModelId,
                SettingsJson = JsonSerializer.Serialize(settings),
                ShardMapJson = "{}",
                CreatedMicros = info.CreatedMicros,
            });
        }
        catch (MetadataConflictException)
        {
            throw Taken(name);
        }

        _collections.Add(name, info);
        return info;
    }

    /// <inheritdoc/>
    public async ValueTask<CollectionInfo?> Get(string name)
    {
        await Settle(name);
        return _collections.GetValueOrDefault(name);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CollectionInfo>> List(string? after, int limit) =>
        new([.. _collections.Values
            .SkipWhile(info => after is not null && string.CompareOrdinal(info.Name, after) <= 0)
            .Take(Math.Clamp(limit, 1, 1000))]);

    /// <inheritdoc/>
    public async ValueTask<bool> Delete(string name)
    {
        if (!_collections.ContainsKey(name))
        {
            return false;
        }

        await metadata.Collections.MarkDeletedAsync(name, NowMicros());
        _collections.Remove(name);
        _deleting.Add(name);

        // From the mark on no split ends, so these are all; one under way ends with its shard.
        var info = await metadata.Collections.FindAsync(name) is { } row ? CollectionRows.Info(row) : null;
        foreach (var shard in info?.Shards ?? [])
        {
            await GrainFactory.GetGrain<IShardGrain>(ShardKey.Of(name, shard)).Drop();
        }

        await GrainFactory.GetGrain<IForestGrain>(name).Drop();
        await GrainFactory.GetGrain<IGalleryGrain>(name).Drop();
        await GrainFactory.GetGrain<IErasureGrain>(name).Drop();
        await stores.DeleteCollectionAsync(name);
        await metadata.Identities.DeleteAllAsync(name);
        await metadata.Collections.PurgeAsync(name);
        await metadata.ScrubAsync();
        _deleting.Remove(name);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>?> FindAnswer(string requestId, string method, ulong requestDigest)
    {
        var row = await metadata.Requests.FindAsync(requestId);
        if (row is null || row.ExpiresMicros < NowMicros())
        {
            return null;
        }

        if (row.Method != method || row.RequestDigest != requestDigest)
        {
            throw new DomainException(
                DomainStatus.AlreadyExists,
                "REQUEST_ID_REUSED",
                "The request_id was used for another request; a new request needs a new one.",
                "request_id");
        }

        return row.Response;
    }

    /// <inheritdoc/>
    public async ValueTask RecordAnswer(string requestId, string method, ulong requestDigest, ReadOnlyMemory<byte> answer) =>
        await metadata.Requests.RecordAsync(new RequestRow
        {
            RequestId = requestId,
            Method = method,
            RequestDigest = requestDigest,
            Response = answer,
            ExpiresMicros = NowMicros() + (long)AnswerLife.TotalMicroseconds,
        });

    private long NowMicros() => (long)(time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds;

    [LoggerMessage(1301, LogLevel.Information, "The deletion of collection {Collection} was interrupted and is completed now.")]
    private static partial void LogDeletionResumed(ILogger logger, string collection);
}
