using FaceCluster.Core;

namespace FaceCluster.Storage.Compaction;

/// <summary>
/// First pass of a compaction: what the records come to apart from the items themselves, which the second pass copies.
/// </summary>
internal sealed class LiveState : IShardReplay
{
    private const int RecordSize = 4096;

    private readonly Dictionary<FaceId, CandidateEntry[]> _lists = [];
    private readonly HashSet<FaceId> _linked = [];
    private readonly HashSet<FaceId> _deleted = [];
    private readonly HashSet<FaceId> _foreign = [];

    /// <summary>Deleted faces of this shard.</summary>
    public IReadOnlySet<FaceId> Deleted => _deleted;

    /// <summary>Last record seen.</summary>
    public long Lsn { get; private set; }

    public void OnAppend(long lsn, ItemBlock block) => Lsn = lsn;

    public void OnLinks(long lsn, LinkUpdate update)
    {
        Lsn = lsn;
        foreach (var list in update.Changed)
        {
            _lists[list.Face] = list.Candidates.ToArray();
        }

        _linked.UnionWith(update.Linked);
        _linked.ExceptWith(update.Dirty);
    }

    public void OnDelete(long lsn, Deletion deletion)
    {
        Lsn = lsn;
        _deleted.UnionWith(deletion.Own);
        _foreign.UnionWith(deletion.Foreign);
    }

    /// <summary>Links of the faces that are left. Lists are kept as written: dropping a deleted candidate here would hide that its face must query again.</summary>
    public IEnumerable<LinkUpdate> Links()
    {
        var lists = _lists.Where(entry => !_deleted.Contains(entry.Key)).Select(entry => new LinkEntry(entry.Key, entry.Value));
        foreach (var chunk in lists.Chunk(RecordSize))
        {
            yield return new LinkUpdate { Changed = chunk };
        }

        foreach (var chunk in _linked.Where(face => !_deleted.Contains(face)).Chunk(RecordSize))
        {
            yield return new LinkUpdate { Linked = chunk };
        }
    }

    /// <summary>Deleted faces of other shards. Those of this shard are marked in their items.</summary>
    public IEnumerable<Deletion> Deletions() => _foreign.Chunk(RecordSize).Select(chunk => new Deletion { Foreign = chunk });
}
