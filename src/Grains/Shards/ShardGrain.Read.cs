using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Index;

namespace FaceCluster.Grains.Shards;

internal sealed partial class ShardGrain
{
    private const int MaxPage = 1000;

    /// <inheritdoc/>
    public async ValueTask<ShardHits> Search(ShardQuery query, CancellationToken cancellationToken = default)
    {
        await ReadableAsync();
        if (query.Limit is < 1 or > MaxPage)
        {
            throw Invalid("limit", $"The limit {query.Limit} is outside 1 to {MaxPage}.");
        }

        var units = EmbeddingBytes.ToUnits(query.Embeddings.Span, Settings.Dimension);
        if (!TryFilter(query, out var filter))
        {
            return new ShardHits { Queries = [.. units.Select(static _ => Array.Empty<FaceHit>())] };
        }

        var found = await _scans!.Top(units, query.Limit, filter, query.Exact, cancellationToken);
        return new ShardHits
        {
            Queries = Array.ConvertAll(found, answer => HitsAbove(answer.Hits, query.MinSimilarity)),
            IsApproximate = Array.Exists(found, static answer => answer.IsApproximate),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FaceRecord>> Get(IReadOnlyList<FaceId> ids, bool withEmbedding = false)
    {
        await ReadableAsync();
        var records = new List<FaceRecord>(ids.Count);
        var view = withEmbedding ? _table.Index.Snapshot() : null;
        foreach (var id in ids)
        {
            if (_table.TryGetFace(id, out var row) && !_table.Faces[row].Deleted)
            {
                records.Add(Record(row, view));
            }
        }

        return records;
    }

    /// <inheritdoc/>
    public async ValueTask<FacePage> List(long from, int limit, string? camera = null)
    {
        await ReadableAsync();
        limit = Math.Clamp(limit, 1, MaxPage);
        var wanted = -1;
        if (camera is not null && !_table.TryGetCamera(camera, out wanted))
        {
            return new FacePage { Faces = [] };
        }

        var records = new List<FaceRecord>(Math.Min(limit, _table.Faces.Count));
        var (slot, index) = (Math.Max(FacePosition.Slot(from), _range.FirstSlot), FacePosition.Slot(from) < _range.FirstSlot ? 0 : FacePosition.Index(from));
        for (; slot < _range.EndSlot; (slot, index) = (slot + 1, 0))
        {
            if (_table.FacesOfSlot(slot) is not { } rows)
            {
                continue;
            }

            for (; index < rows.Count; index++)
            {
                if (records.Count == limit)
                {
                    return new FacePage { Faces = records, Next = FacePosition.Of(slot, index) };
                }

                ref var face = ref _table.Faces[rows[index]];
                if (!face.Deleted && (wanted < 0 || _table.Items[face.Item].Camera == wanted))
                {
                    records.Add(Record(rows[index], null));
                }
            }
        }

        return new FacePage { Faces = records };
    }

    private FaceRecord Record(int row, IndexView? view)
    {
        ref var face = ref _table.Faces[row];
        ref var item = ref _table.Items[face.Item];
        return new FaceRecord
        {
            Id = face.Id,
            Camera = _table.CameraName(item.Camera),
            Sequence = item.Sequence,
            CaptureTimeMicros = item.CaptureTimeMicros,
            TrackId = item.TrackId,
            Box = face.HasBox ? face.Box : null,
            DetectionScore = face.DetectionScore,
            Magnitude = face.Magnitude,
            LowQuality = face.Magnitude < Settings.QualityGate,
            Source = item.Source,
            Candidates = Hits(face.Candidates.Items),
            Linked = face.Linked,
            UnitEmbedding = view is null ? default : MemoryMarshal.AsBytes(view.Vector(face.IndexRow)).ToArray(),
        };
    }

    private bool TryFilter(ShardQuery query, out RowFilter? filter)
    {
        filter = null;
        if (query.Camera is null && query.CapturedFromMicros is null && query.CapturedBeforeMicros is null)
        {
            return true;
        }

        var camera = -1;
        if (query.Camera is not null && !_table.TryGetCamera(query.Camera, out camera))
        {
            return false;
        }

        filter = new RowFilter
        {
            Cameras = camera < 0 ? null : new HashSet<int> { camera },
            CapturedFrom = query.CapturedFromMicros,
            CapturedBefore = query.CapturedBeforeMicros,
        };
        return true;
    }

    private static FaceHit[] HitsAbove(Neighbour[] neighbours, double minimum)
    {
        var count = neighbours.Length;
        while (count > 0 && neighbours[count - 1].Similarity < minimum)
        {
            count--;
        }

        return Hits(neighbours[..count]);
    }
}
