using FaceCluster.Core;

namespace FaceCluster.Clustering.Tests;

/// <summary>
/// Both levels over faces that are spread over shards. A shard knows its own faces: it answers searches with its best, and
/// keeps the candidate lists of its faces, which are merged from the answers of all shards. What is stored are the faces,
/// the written lists and the constraints; <see cref="Restarted"/> begins anew with these alone.
/// </summary>
internal sealed class ShardedProcess
{
    private readonly FaceSet _faces;
    private readonly int _shards;
    private readonly EmbeddingCalibration _calibration;
    private readonly GroupOptions _options;
    private readonly Random _random;
    private readonly Dictionary<int, CandidateList> _lists = [];
    private readonly ForestView _view = new(Forest);

    public ShardedProcess(FaceSet faces, int shards, EmbeddingCalibration calibration, GroupOptions options, Random random)
    {
        _faces = faces;
        _shards = shards;
        _calibration = calibration;
        _options = options;
        _random = random;
        Trees = new ConstrainedView(_view);
        Groups = new LiveGroups(faces.Dimension, calibration, options, new ShardedNeighbours(shards));
    }

    public static ForestOptions Forest { get; } = new(0.3);

    public SortedSet<int> Present { get; } = [];

    public ConstraintSet Constraints { get; private set; } = new();

    /// <summary>Level one.</summary>
    public ConstrainedView Trees { get; }

    /// <summary>Level two.</summary>
    public LiveGroups Groups { get; }

    public void Insert(int row)
    {
        if (!Present.Add(row))
        {
            return;
        }

        Groups.Insert(_faces.Rank(row), _faces.Unit(row));
        Ask(row);
        foreach (var other in Present.Where(other => _faces.Rank(other) < _faces.Rank(row)).OrderBy(_ => _random.Next()).ToArray())
        {
            if (_faces.Similarity(row, other) is var similarity && similarity > Forest.Threshold)
            {
                var list = _lists[other];
                list.Offer(new Candidate(_faces.Id(row), similarity));
                _lists[other] = list;
                _view.Apply(_faces.Rank(other), list);
            }
        }
    }

    public void Delete(int row)
    {
        Present.Remove(row);
        Groups.Delete(_faces.Id(row));
        _lists.Remove(row);
        _view.Remove(_faces.Id(row));
        foreach (var other in Present)
        {
            var list = _lists[other];
            if (list.Remove(_faces.Id(row)))
            {
                _lists[other] = list;
                if (list.NeedsRefill)
                {
                    Ask(other);
                }
                else
                {
                    _view.Apply(_faces.Rank(other), list);
                }
            }
        }
    }

    public void SetConstraints(ConstraintSet constraints)
    {
        Constraints = constraints;
        Trees.SetConstraints(constraints);
        Groups.SetConstraints(constraints);
    }

    /// <summary>A new process with what the old one has stored, read in any order.</summary>
    public ShardedProcess Restarted(int shards, Random random)
    {
        var next = new ShardedProcess(_faces, shards, _calibration, _options, random);
        var early = random.Next(2) == 0;
        if (early)
        {
            next.SetConstraints(Constraints);
        }

        Span<byte> stored = stackalloc byte[CandidateList.MaxSize];
        foreach (var row in Present.OrderBy(_ => random.Next()))
        {
            var length = _lists[row].Write(stored);
            next._lists[row] = CandidateList.Read(stored[..length], out _);
            next.Present.Add(row);
            next._view.Apply(_faces.Rank(row), next._lists[row]);
            next.Groups.Insert(_faces.Rank(row), _faces.Unit(row));
        }

        if (!early)
        {
            next.SetConstraints(Constraints);
        }

        return next;
    }

    /// <summary>Merges the candidates of a row from the answers of all shards, some of which come twice.</summary>
    private void Ask(int row)
    {
        var list = default(CandidateList);
        foreach (var shard in Enumerable.Range(0, _shards).Concat(Enumerable.Range(0, _shards).Where(_ => _random.Next(3) == 0)).OrderBy(_ => _random.Next()))
        {
            list.Merge(CandidateList.Of([.. Present
                .Where(other => Home(other) == shard && _faces.Rank(other) > _faces.Rank(row) && _faces.Similarity(row, other) > Forest.Threshold)
                .Select(other => new Candidate(_faces.Id(other), _faces.Similarity(row, other)))]));
        }

        _lists[row] = list;
        _view.Apply(_faces.Rank(row), list);
    }

    private int Home(int row) => (int)(_faces.Id(row).Low % (ulong)_shards);

    /// <summary>Every shard answers with its own best; the answers are merged.</summary>
    private sealed class ShardedNeighbours(int shards) : ILiveNeighbours
    {
        private readonly Dictionary<int, float[]> _vectors = [];

        public void Add(int slot, ReadOnlySpan<float> centred) => _vectors.Add(slot, centred.ToArray());

        public void Remove(int slot) => _vectors.Remove(slot);

        public void Nearest(int slot, int k, List<LiveNeighbour> found) =>
            found.AddRange(Best(Enumerable.Range(0, shards).SelectMany(shard => Best(Of(shard, slot), k)), k));

        public void AtLeast(int slot, ReadOnlySpan<double> floors, List<LiveNeighbour> found)
        {
            for (var shard = shards - 1; shard >= 0; shard--)
            {
                foreach (var neighbour in Of(shard, slot))
                {
                    if (neighbour.Similarity >= floors[neighbour.Slot])
                    {
                        found.Add(neighbour);
                    }
                }
            }
        }

        private IEnumerable<LiveNeighbour> Of(int shard, int slot) => _vectors
            .Where(other => other.Key % shards == shard && other.Key != slot)
            .Select(other => new LiveNeighbour(other.Key, Similarity.Dot(_vectors[slot], other.Value)));

        private static LiveNeighbour[] Best(IEnumerable<LiveNeighbour> offers, int k)
        {
            var sorted = offers.OrderByDescending(offer => offer.Similarity).ToArray();
            return sorted.Length <= k ? sorted : [.. sorted.Where(offer => offer.Similarity >= sorted[k - 1].Similarity)];
        }
    }
}
