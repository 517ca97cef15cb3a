using FaceCluster.Core;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>Where the embedding of each face stands; of deleted faces too, as long as it is stored.</summary>
internal sealed class RowLocations
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FaceId, RowLocation> _live = [];
    private readonly Dictionary<FaceId, RowLocation> _dead = [];

    public (long Live, long Dead) Count()
    {
        lock (_lock)
        {
            return (_live.Count, _dead.Count);
        }
    }

    /// <summary>Notes the rows of one append, in order.</summary>
    public void Add(IReadOnlyList<FaceId> faces, ShardSegment segment, long lsn)
    {
        lock (_lock)
        {
            for (var row = 0; row < faces.Count; row++)
            {
                _live[faces[row]] = new RowLocation(segment, lsn, row);
            }
        }
    }

    public void Remove(IReadOnlyList<FaceId> faces)
    {
        lock (_lock)
        {
            foreach (var face in faces)
            {
                if (_live.Remove(face, out var location))
                {
                    _dead[face] = location;
                }
            }
        }
    }

    public RowLocation?[] Find(ReadOnlySpan<FaceId> faces)
    {
        var found = new RowLocation?[faces.Length];
        lock (_lock)
        {
            for (var i = 0; i < faces.Length; i++)
            {
                found[i] = _live.TryGetValue(faces[i], out var location) ? location : null;
            }
        }

        return found;
    }

    /// <summary>The records that hold an embedding of one of these deleted faces.</summary>
    public long[] RecordsOf(IReadOnlySet<FaceId> deleted)
    {
        lock (_lock)
        {
            return [.. deleted.Where(_dead.ContainsKey).Select(face => _dead[face].Lsn).Distinct().Order()];
        }
    }

    /// <summary>
    /// Replaces the rows of rewritten records and forgets the deleted faces that are in none any more. A face deleted
    /// meanwhile stays deleted.
    /// </summary>
    public void Rewritten(IEnumerable<(FaceId Face, RowLocation Location)> rows, IReadOnlySet<FaceId> gone)
    {
        lock (_lock)
        {
            foreach (var (face, location) in rows)
            {
                (_live.ContainsKey(face) ? _live : _dead)[face] = location;
            }

            foreach (var face in gone)
            {
                _dead.Remove(face);
            }
        }
    }
}

/// <summary>One embedding: the segment, the record and the row within it.</summary>
internal readonly record struct RowLocation(ShardSegment Segment, long Lsn, int Row);
