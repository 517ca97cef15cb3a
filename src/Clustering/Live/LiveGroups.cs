using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Level two kept up to date as faces come, change and go: after <see cref="Refresh"/> clusters, joins and marks are those of
/// <see cref="GroupClustering"/> over the same faces and constraints, whatever the order and the grouping of the changes.
/// </summary>
/// <remarks>
/// <para>A refresh computes again the clusters around what has changed, round by round, while the clusters next to them
/// are replayed from their records. Where a replayed group would have chosen differently, its cluster is computed
/// again too. All others are left alone, because nothing that they look at has changed. The cost follows the size of
/// the clusters that are touched, not the number of faces.</para>
/// <para>Not safe for concurrent use; its owner orders the calls.</para>
/// </remarks>
public sealed partial class LiveGroups
{
    private readonly EmbeddingCalibration _calibration;
    private readonly NeighbourLists _lists;
    private readonly Dictionary<FaceId, int> _slots = [];
    private readonly Stack<int> _free = new();
    private readonly List<int> _freeAfterRefresh = [];
    private readonly HashSet<LiveCluster> _dirty = [];
    private readonly HashSet<int> _staleOutward = [];
    private readonly LiveConstraints _constraints = new();

    // Used again by every refresh: what a refresh allocates, the collector takes back in pauses longer than the refresh.
    private readonly List<LiveEdge> _edges = [];
    private readonly LiveScript _script = new();
    private int[] _rows = [];
    private Face[] _faces = new Face[64];
    private short[] _codes;
    private int _used;

    /// <param name="dimension">Elements per vector, a multiple of <see cref="Similarity.LaneCount"/>.</param>
    /// <param name="calibration">What is known of the model; frozen.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="search">Where neighbours are found, or null for a walk over all faces.</param>
    public LiveGroups(int dimension, EmbeddingCalibration calibration, GroupOptions? options = null, ILiveNeighbours? search = null)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        if (dimension <= 0 || dimension % Similarity.LaneCount != 0 || dimension != calibration.Dimension)
        {
            throw new ArgumentOutOfRangeException(
                nameof(dimension), dimension, $"The dimension must be a positive multiple of {Similarity.LaneCount} and that of the calibration ({calibration.Dimension}).");
        }

        Dimension = dimension;
        Options = options ?? GroupOptions.Default;
        Options.Validate();
        _calibration = calibration;
        _codes = new short[_faces.Length * dimension];
        _lists = new NeighbourLists(Options.Neighbours, search ?? new FlatNeighbours(dimension), slot => _faces[slot].Rank, EdgeChanged);
    }

    /// <summary>Elements per vector.</summary>
    public int Dimension { get; }

    /// <summary>The settings.</summary>
    public GroupOptions Options { get; }

    /// <summary>Number of faces.</summary>
    public int Count => _slots.Count;

    /// <summary>Whether something has changed since the last <see cref="Refresh"/>.</summary>
    public bool IsStale => _dirty.Count > 0;

    /// <summary>Whether the face is there.</summary>
    public bool Contains(FaceId id) => _slots.ContainsKey(id);

    /// <summary>Takes a face in.</summary>
    /// <param name="rank">Id and magnitude.</param>
    /// <param name="unit">Its unit vector (<see cref="Similarity.Normalize"/>).</param>
    /// <exception cref="ArgumentException">The face is there already, or the vector has another dimension.</exception>
    public void Insert(FaceRank rank, ReadOnlySpan<float> unit)
    {
        if (unit.Length != Dimension)
        {
            throw new ArgumentException($"The vector has {unit.Length} elements; {Dimension} are needed.", nameof(unit));
        }

        var slot = _free.TryPop(out var free) ? free : _used++;
        if (!_slots.TryAdd(rank.Id, slot))
        {
            _free.Push(slot);
            throw new ArgumentException($"Face {rank.Id} is there already.", nameof(rank));
        }

        if (slot >= _faces.Length)
        {
            Array.Resize(ref _faces, _faces.Length * 2);
            Array.Resize(ref _codes, checked(_codes.Length * 2));
        }

        Span<float> centred = Dimension <= 1024 ? stackalloc float[Dimension] : new float[Dimension];
        _calibration.Centre(unit, rank.Magnitude, centred);
        var cosine = _calibration.ExpectedCosine(rank.Magnitude);
        var code = _codes.AsSpan(slot * Dimension, Dimension);
        GroupVectors.Encode(centred, cosine, code);
        var self = IntegerKernel.Dot(code, code);
        _faces[slot] = new Face
        {
            Rank = rank,
            Cosine = cosine,
            Self = self,
            Norm = Math.Sqrt(self),
            Cluster = new LiveCluster { Members = [slot] },
        };
        _dirty.Add(_faces[slot].Cluster!);
        _staleOutward.Add(slot);
        _lists.Insert(slot, centred);
        ConstraintsChanged(_constraints.PartnersOf(rank.Id));
    }

    /// <summary>Takes a face out.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Delete(FaceId id)
    {
        if (!_slots.Remove(id, out var slot))
        {
            return false;
        }

        ConstraintsChanged(_constraints.PartnersOf(id));
        var cluster = _faces[slot].Cluster!;
        _lists.Delete(slot);
        cluster.Members.Remove(slot);
        _dirty.Add(cluster);
        _faces[slot] = default;
        _codes.AsSpan(slot * Dimension, Dimension).Clear();

        // Records of this round may still name the slot, so it is given to another face only after the refresh.
        _freeAfterRefresh.Add(slot);
        return true;
    }

    /// <summary>Replaces the vector and magnitude of a face.</summary>
    public void Replace(FaceRank rank, ReadOnlySpan<float> unit)
    {
        Delete(rank.Id);
        Insert(rank, unit);
    }

    /// <summary>Sets what people have said, instead of what they had said before. Pairs with unknown faces wait for them.</summary>
    /// <exception cref="ContradictoryConstraintsException">The constraints cannot all hold; nothing has changed.</exception>
    public void SetConstraints(ConstraintSet constraints)
    {
        ArgumentNullException.ThrowIfNull(constraints);
        constraints.ThrowIfContradictory();
        ConstraintsChanged(_constraints.Replace(constraints));
    }

    /// <summary>Brings the clusters up to date.</summary>
    /// <returns>What was computed again.</returns>
    public LiveRefresh Refresh()
    {
        var cause = _dirty.Count;
        foreach (var slot in _staleOutward)
        {
            if (_faces[slot].Cluster is not null)
            {
                _faces[slot].Outward = OutwardOf(slot);
            }
        }

        _staleOutward.Clear();
        var attempts = 0;
        var faces = 0;
        var replayed = 0;
        while (_dirty.Count > 0)
        {
            attempts++;
            using var rounds = new LocalRounds(this, _dirty);
            var affected = rounds.Run();
            faces += rounds.Faces;
            replayed += rounds.Replayed;
            if (affected.Count == 0)
            {
                rounds.Commit();
                break;
            }

            _dirty.UnionWith(affected);
        }

        var clusters = _dirty.Count;
        _dirty.Clear();
        _freeAfterRefresh.ForEach(_free.Push);
        _freeAfterRefresh.Clear();
        return new LiveRefresh(cause, clusters, attempts, faces, replayed);
    }

    private void EdgeChanged(int a, int b, double similarity)
    {
        // Neighbours too unlike to have an edge change no score.
        if (Passes(a, b, similarity, out _))
        {
            Mark(a);
            Mark(b);
        }

        void Mark(int slot)
        {
            if (_faces[slot].Cluster is { } cluster)
            {
                _dirty.Add(cluster);
                _staleOutward.Add(slot);
            }
        }
    }

    private void ConstraintsChanged(IEnumerable<FaceId> ids)
    {
        foreach (var id in ids)
        {
            if (_slots.TryGetValue(id, out var slot))
            {
                _dirty.Add(_faces[slot].Cluster!);
            }
        }
    }

    private int OutwardOf(int slot)
    {
        var outward = 0;
        _edges.Clear();
        AddEdges(slot, _edges);
        foreach (ref readonly var edge in CollectionsMarshal.AsSpan(_edges))
        {
            outward += edge.Edge.Support;
        }

        return outward;
    }

    /// <summary>Adds the edges of a face as a batch run would make them, with bounds for products.</summary>
    private void AddEdges(int slot, List<LiveEdge> edges)
    {
        foreach (var (other, similarity) in _lists.Of(slot))
        {
            if (Passes(slot, other, similarity, out var ratio))
            {
                edges.Add(new LiveEdge(slot, other, Make(slot, other, similarity, ratio, _lists.Lists(other, slot))));
            }
        }

        foreach (var other in _lists.ListedBy(slot))
        {
            if (!_lists.Lists(slot, other) && _lists.Similarity(other, slot) is var similarity && Passes(slot, other, similarity, out var ratio))
            {
                edges.Add(new LiveEdge(slot, other, Make(slot, other, similarity, ratio, mutual: false)));
            }
        }
    }

    private bool Passes(int slot, int other, double similarity, out double ratio)
    {
        ratio = JoinModel.LogRatio((float)similarity, _faces[slot].Cosine * _faces[other].Cosine);
        return (float)similarity >= Options.EdgeFloor && ratio >= Options.EdgeLogRatioFloor;
    }

    private GroupEdge Make(int slot, int other, double similarity, double ratio, bool mutual)
    {
        var edge = EdgeBuilder.Edge(ratio, mutual);
        edge.Set(EdgeBuilder.Bound((float)similarity, _faces[slot].Norm, _faces[other].Norm, Math.Sqrt(Dimension) / 2), exact: false);
        return edge;
    }

    private struct Face
    {
        public FaceRank Rank;
        public double Cosine;
        public long Self;
        public double Norm;
        public int Outward;
        public LiveCluster? Cluster;
    }
}

/// <summary>What a refresh did.</summary>
/// <param name="Dirty">Clusters around the changes.</param>
/// <param name="Clusters">Clusters computed again in the end.</param>
/// <param name="Attempts">How often the region had to grow, and the first time.</param>
/// <param name="Faces">Faces computed again, over all attempts.</param>
/// <param name="Replayed">Faces of neighbouring clusters replayed from records, over all attempts.</param>
public readonly record struct LiveRefresh(int Dirty, int Clusters, int Attempts, int Faces, int Replayed);
