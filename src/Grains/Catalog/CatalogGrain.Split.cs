using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Catalog;

/// <summary>
/// Changes of a collection's map of shards. Each one is a comparison and exchange in the metadata store, so it happens once
/// and in one order whoever asks for it, and what this grain remembers is only a copy.
/// </summary>
internal sealed partial class CatalogGrain
{
    // Collections of which a change may have happened although its call failed: read again before they are told.
    private readonly HashSet<string> _doubtful = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<ShardSplit?> BeginSplit(string name, int shard, int cut)
    {
        var id = Guid.NewGuid();
        return await ChangeMap(name, map => map.Begin(shard, cut, id)) ? _collections[name].Map.Splitting : null;
    }

    /// <inheritdoc/>
    public ValueTask<bool> CommitSplit(string name, Guid id, long leftLsn, long rightLsn) =>
        ChangeMap(name, map => map.Commit(id, leftLsn, rightLsn));

    /// <inheritdoc/>
    public ValueTask<bool> AbortSplit(string name, Guid id) => ChangeMap(name, map => map.Abort(id));

    /// <inheritdoc/>
    public async ValueTask NoteDropped(string name, int shard) => await ChangeMap(name, map => map.Drop(shard));

    /// <summary>Applies a change to what is stored; false where it gives null.</summary>
    private async ValueTask<bool> ChangeMap(string name, Func<ShardMap, ShardMap?> change)
    {
        while (true)
        {
            var row = await metadata.Collections.FindAsync(name);
            if (row is not { DeletedMicros: null })
            {
                throw new DomainException(DomainStatus.NotFound, "COLLECTION_NOT_FOUND", $"There is no collection '{name}'.", "collection");
            }

            var present = CollectionRows.Info(row);
            Remember(present);
            if (change(present.Map) is not { } changed)
            {
                return false;
            }

            try
            {
                Remember(CollectionRows.Info(await metadata.Collections.UpdateAsync(CollectionRows.With(row, changed))));
                return true;
            }
            catch (MetadataConflictException)
            {
                // Somebody was faster: look again.
            }
            catch
            {
                _doubtful.Add(name);
                throw;
            }
        }
    }

    private void Remember(CollectionInfo info)
    {
        if (_collections.TryGetValue(info.Name, out var known) && known.Uid == info.Uid && known.Map.Version <= info.Map.Version)
        {
            _collections[info.Name] = info;
        }
    }

    private async ValueTask Settle(string name)
    {
        if (_doubtful.Remove(name))
        {
            try
            {
                if (await CollectionRows.FindAsync(metadata, name) is { } info)
                {
                    Remember(info);
                }
            }
            catch
            {
                _doubtful.Add(name);
                throw;
            }
        }
    }
}
