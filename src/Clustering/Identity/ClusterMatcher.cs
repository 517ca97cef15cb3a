using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// Decides which old identity each face of a new clustering belongs to: by overlap, the named ones first; with
/// <see cref="NameRule.Hold"/> what a name has stays with it where the evidence alone would split or merge.
/// </summary>
/// <remarks>Every choice follows weights (summed magnitudes, added in the order of ids) and then ids, so it is deterministic.</remarks>
internal sealed class ClusterMatcher
{
    private readonly SortedDictionary<FaceId, List<FaceRank>> _clusters;
    private readonly Dictionary<FaceId, ClusterIdentity> _owner;
    private readonly ConstraintSet _constraints;
    private readonly List<(ClusterIdentity Old, FaceId Centre, double Weight)> _overlaps = [];
    private readonly Dictionary<FaceId, ClusterIdentity> _continued = [];
    private readonly HashSet<FaceId> _used = [];

    /// <param name="clusters">Faces of each new cluster, by its centre.</param>
    /// <param name="owner">The old identity of a face.</param>
    /// <param name="constraints">What holding on to a name must not break.</param>
    public ClusterMatcher(SortedDictionary<FaceId, List<FaceRank>> clusters, Dictionary<FaceId, ClusterIdentity> owner, ConstraintSet constraints)
    {
        _clusters = clusters;
        _owner = owner;
        _constraints = constraints;
        foreach (var (centre, faces) in clusters)
        {
            _overlaps.AddRange(faces
                .Where(face => owner.ContainsKey(face.Id))
                .GroupBy(face => owner[face.Id])
                .Select(group => (group.Key, centre, Weight(group))));
        }

        _overlaps.Sort((a, b) =>
            a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight)
            : a.Old.Id != b.Old.Id ? a.Old.Id.CompareTo(b.Old.Id)
            : a.Centre.CompareTo(b.Centre));
    }

    /// <summary>Parts that a name holds against the evidence.</summary>
    public List<HeldPart> Held { get; } = [];

    /// <summary>Named identities whose heaviest part another name's cluster has taken in, and that part, which they keep.</summary>
    public List<(ClusterIdentity Identity, HashSet<FaceId> Faces)> HeldApart { get; } = [];

    /// <summary>The old identity that each cluster continues or is held by; clusters that are new are not in it.</summary>
    public IReadOnlyDictionary<FaceId, ClusterIdentity> Match(NameRule names)
    {
        MatchOneToOne(named: true, names);
        if (names == NameRule.Hold)
        {
            HoldFragments();
        }

        MatchOneToOne(named: false, names);
        return _continued;
    }

    /// <summary>Every identity takes its heaviest overlap that is free. A name that comes too late keeps its own faces of it.</summary>
    private void MatchOneToOne(bool named, NameRule names)
    {
        foreach (var (old, centre, _) in _overlaps)
        {
            if (old.Name is not null != named || _used.Contains(old.Id))
            {
                continue;
            }

            if (_continued.TryAdd(centre, old) || (named && names == NameRule.Hold && HoldApart(old, centre)))
            {
                _used.Add(old.Id);
            }
        }
    }

    /// <summary>Takes the identity's faces out of another one's cluster, unless a must-link ties them to the rest of it.</summary>
    private bool HoldApart(ClusterIdentity old, FaceId centre)
    {
        var part = _clusters[centre].Where(face => _owner.GetValueOrDefault(face.Id) == old).Select(face => face.Id).ToHashSet();
        var rest = _clusters[centre].Select(face => face.Id).Where(face => !part.Contains(face)).ToHashSet();
        if (_constraints.MustLinks.Any(pair => Across(pair, part, rest)))
        {
            return false;
        }

        Held.Add(new HeldPart(HeldPartKind.Merge, old.Id, centre, [.. part.Order()]));
        HeldApart.Add((old, part));
        return true;
    }

    /// <summary>A cluster that is mostly a named identity's stays with it, unless a cannot-link forbids it.</summary>
    private void HoldFragments()
    {
        var faces = _continued.ToDictionary(pair => pair.Value.Id, pair => _clusters[pair.Key].Select(face => face.Id).ToHashSet());
        HeldApart.ForEach(part => faces.Add(part.Identity.Id, [.. part.Faces]));
        foreach (var (old, centre, weight) in _overlaps)
        {
            if (old.Name is null || _continued.ContainsKey(centre) || 2 * weight < Weight(_clusters[centre]))
            {
                continue;
            }

            var part = _clusters[centre].Select(face => face.Id).ToHashSet();
            if (!_constraints.CannotLinks.Any(pair => Across(pair, part, faces[old.Id])))
            {
                faces[old.Id].UnionWith(part);
                _continued.Add(centre, old);
                Held.Add(new HeldPart(HeldPartKind.Split, old.Id, centre, [.. part.Order()]));
            }
        }
    }

    private static bool Across(FacePair pair, HashSet<FaceId> a, HashSet<FaceId> b) =>
        (a.Contains(pair.Left) && b.Contains(pair.Right)) || (b.Contains(pair.Left) && a.Contains(pair.Right));

    private static double Weight(IEnumerable<FaceRank> faces) => faces.OrderBy(face => face.Id).Sum(face => (double)face.Magnitude);
}
