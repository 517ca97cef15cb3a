using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// A re-clustering before it is applied: which old identity each new cluster continues, and what changes. Plan, look at
/// the events, then take <see cref="After"/>; <see cref="Undo(string)"/> gives the state before, and each event can be undone alone.
/// </summary>
/// <remarks>
/// Old and new clusters are matched by the summed magnitude of their common faces. Named identities choose first, then
/// the heavier overlap, then the lower ids, so the match is deterministic; each is used once. An identity follows
/// the majority of its weight (facet's measured 96 % against 38 % for one centroid), so where it splits, the heavier part
/// keeps the id. Named identities hold together by default (<see cref="NameRule"/>).
/// </remarks>
public sealed class ReclusteringPlan
{
    private ReclusteringPlan(
        IReadOnlyList<ClusterIdentity> before, IReadOnlyList<ClusterIdentity> after, IReadOnlyList<LineageEvent> events, IReadOnlyList<HeldPart> held)
    {
        Before = before;
        After = after;
        Events = events;
        Held = held;
    }

    /// <summary>The identities as they are.</summary>
    public IReadOnlyList<ClusterIdentity> Before { get; }

    /// <summary>The identities as they would be.</summary>
    public IReadOnlyList<ClusterIdentity> After { get; }

    /// <summary>What changes, ordered by ids.</summary>
    public IReadOnlyList<LineageEvent> Events { get; }

    /// <summary>What names hold together or apart against the evidence, for a person to decide.</summary>
    public IReadOnlyList<HeldPart> Held { get; }

    /// <summary>Plans the change from the current identities to a new clustering.</summary>
    /// <param name="before">Current identities; a face is in at most one.</param>
    /// <param name="clusters">New clusters: each face's rank and the id of its new cluster's centre.</param>
    /// <param name="cause">Why, for the events.</param>
    /// <param name="names">What may happen to named identities.</param>
    /// <param name="constraints">The constraints of the new clustering, or null: holding on to a name never breaks one.</param>
    public static ReclusteringPlan Create(
        IReadOnlyList<ClusterIdentity> before, IEnumerable<(FaceRank Face, FaceId Centre)> clusters, string cause,
        NameRule names = NameRule.Hold, ConstraintSet? constraints = null)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(clusters);
        var members = new SortedDictionary<FaceId, List<FaceRank>>();
        foreach (var (face, centre) in clusters)
        {
            if (!members.TryGetValue(centre, out var list))
            {
                members.Add(centre, list = []);
            }

            list.Add(face);
        }

        var owner = new Dictionary<FaceId, ClusterIdentity>();
        foreach (var identity in before)
        {
            foreach (var face in identity.Faces)
            {
                owner.Add(face, identity);
            }
        }

        var matcher = new ClusterMatcher(members, owner, constraints ?? ConstraintSet.Empty);
        var continued = matcher.Match(names);
        var taken = before.Select(identity => identity.Id).ToHashSet();
        var after = new Dictionary<FaceId, ClusterIdentity>();
        var home = new Dictionary<FaceId, FaceId>();
        foreach (var (centre, faces) in members)
        {
            var old = continued.GetValueOrDefault(centre);
            var id = old?.Id ?? Mint(faces, taken);
            faces.ForEach(face => home[face.Id] = id);
            after[id] = new ClusterIdentity(id, old?.Name, new HashSet<FaceId>());
        }

        foreach (var (identity, faces) in matcher.HeldApart)
        {
            after[identity.Id] = identity;
            foreach (var face in faces)
            {
                home[face] = identity.Id;
            }
        }

        var groups = home.GroupBy(pair => pair.Value, pair => pair.Key).ToDictionary(group => group.Key, group => group.ToHashSet());
        ClusterIdentity[] identities = [.. after.Values.Where(identity => groups.ContainsKey(identity.Id)).Select(identity => identity with { Faces = groups[identity.Id] })];
        return new ReclusteringPlan(before, identities, Describe(before, identities, owner, home, cause), matcher.Held);
    }

    /// <summary>The plan that leads back: its <see cref="After"/> is this plan's <see cref="Before"/>.</summary>
    public ReclusteringPlan Undo(string cause)
    {
        var owner = After.SelectMany(i => i.Faces.Select(f => (f, i))).ToDictionary(p => p.f, p => p.i);
        var home = Before.SelectMany(i => i.Faces.Select(f => (f, i.Id))).ToDictionary(p => p.f, p => p.Id);
        return new ReclusteringPlan(After, Before, Describe(After, Before, owner, home, cause), []);
    }

    /// <summary>
    /// The plan that takes back one event: its faces return to where they came from, as far as they are still where the
    /// event put them. Faces of a cluster that was created belong to none again.
    /// </summary>
    /// <param name="change">One of <see cref="Events"/>.</param>
    /// <param name="cause">Why, for the events of the plan.</param>
    /// <param name="now">The identities as they are by now, or null where nothing has changed since <see cref="After"/>.</param>
    /// <exception cref="ArgumentException">The event is not one of this plan's, or tells of faces that are gone: they do not come back.</exception>
    public ReclusteringPlan Undo(LineageEvent change, string cause, IReadOnlyList<ClusterIdentity>? now = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (!Events.Contains(change))
        {
            throw new ArgumentException($"The plan has no event {change.Kind} from {change.From} to {change.To}.", nameof(change));
        }

        if (change.Kind == LineageKind.Removed)
        {
            throw new ArgumentException($"The faces of {change.From} are gone and do not come back.", nameof(change));
        }

        now ??= After;
        var owner = now.SelectMany(i => i.Faces.Select(f => (f, i))).ToDictionary(p => p.f, p => p.i);
        var back = change.Faces.Where(face => (owner.TryGetValue(face, out var identity) ? identity.Id : FaceId.None) == change.To).ToHashSet();
        var identities = now.Select(identity => identity with { Faces = identity.Faces.Except(back).ToHashSet() }).ToList();
        if (!change.From.IsNone && back.Count > 0)
        {
            // A cluster that had ended comes back under its id and name.
            var at = identities.FindIndex(identity => identity.Id == change.From);
            var former = at >= 0 ? identities[at] : Before.Single(identity => identity.Id == change.From) with { Faces = new HashSet<FaceId>() };
            former = former with { Faces = former.Faces.Union(back).ToHashSet() };
            if (at >= 0)
            {
                identities[at] = former;
            }
            else
            {
                identities.Add(former);
            }
        }

        ClusterIdentity[] after = [.. identities.Where(identity => identity.Faces.Count > 0)];
        var home = after.SelectMany(i => i.Faces.Select(f => (f, i.Id))).ToDictionary(p => p.f, p => p.Id);
        return new ReclusteringPlan(now, after, Describe(now, after, owner, home, cause), []);
    }

    /// <summary>A new cluster is named by its highest-ranked face whose id names no cluster yet.</summary>
    private static FaceId Mint(List<FaceRank> faces, HashSet<FaceId> taken)
    {
        foreach (var face in faces.OrderDescending())
        {
            if (taken.Add(face.Id))
            {
                return face.Id;
            }
        }

        var best = faces.Max();
        for (var n = 0; ; n++)
        {
            var id = FaceId.Derive("cluster", best.Id.ToString(), n, 0);
            if (taken.Add(id))
            {
                return id;
            }
        }
    }

    private static List<LineageEvent> Describe(
        IReadOnlyList<ClusterIdentity> before,
        IReadOnlyList<ClusterIdentity> after,
        Dictionary<FaceId, ClusterIdentity> owner,
        Dictionary<FaceId, FaceId> home,
        string cause)
    {
        var oldIds = before.Select(i => i.Id).ToHashSet();
        var newIds = after.Select(i => i.Id).ToHashSet();
        var events = new List<LineageEvent>();
        foreach (var identity in after.OrderBy(i => i.Id))
        {
            var sources = identity.Faces
                .GroupBy(face => owner.TryGetValue(face, out var old) ? old.Id : FaceId.None)
                .Where(group => group.Key != identity.Id)
                .OrderBy(group => group.Key);
            foreach (var source in sources)
            {
                var kind = source.Key.IsNone ? LineageKind.Created
                    : !oldIds.Contains(identity.Id) && newIds.Contains(source.Key) ? LineageKind.Split
                    : newIds.Contains(source.Key) ? LineageKind.Moved
                    : LineageKind.Merged;
                events.Add(new LineageEvent(kind, source.Key, identity.Id, [.. source.Order()], cause));
            }
        }

        events.AddRange(before
            .Where(identity => !newIds.Contains(identity.Id) && !identity.Faces.Any(home.ContainsKey))
            .OrderBy(identity => identity.Id)
            .Select(identity => new LineageEvent(LineageKind.Removed, identity.Id, FaceId.None, [.. identity.Faces.Order()], cause)));
        return events;
    }
}
