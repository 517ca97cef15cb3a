using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>The constraints of a <see cref="LiveGroups"/>, by face.</summary>
internal sealed class LiveConstraints
{
    private readonly Dictionary<FaceId, HashSet<FaceId>> _must = [];
    private readonly Dictionary<FaceId, HashSet<FaceId>> _cannot = [];
    private readonly Dictionary<FaceId, HashSet<FaceId>> _frame = [];

    /// <summary>Faces that must be with this one.</summary>
    public IReadOnlySet<FaceId> Must(FaceId face) => Of(_must, face);

    /// <summary>Faces that must not be with this one.</summary>
    public IReadOnlySet<FaceId> Cannot(FaceId face) => Of(_cannot, face);

    /// <summary>Faces seen in one frame with this one.</summary>
    public IReadOnlySet<FaceId> Frame(FaceId face) => Of(_frame, face);

    /// <summary>All faces that share a constraint with this one.</summary>
    public IEnumerable<FaceId> PartnersOf(FaceId face) => [.. Must(face), .. Cannot(face), .. Frame(face)];

    /// <summary>Takes over a set and returns the faces of the pairs that are in only one of the old and the new one.</summary>
    public HashSet<FaceId> Replace(ConstraintSet set)
    {
        var changed = new HashSet<FaceId>();
        Replace(_must, set.MustLinks, changed);
        Replace(_cannot, set.CannotLinks, changed);
        Replace(_frame, set.SameFrame, changed);
        return changed;
    }

    private static void Replace(Dictionary<FaceId, HashSet<FaceId>> index, IReadOnlySet<FacePair> pairs, HashSet<FaceId> changed)
    {
        foreach (var (face, others) in index)
        {
            foreach (var other in others)
            {
                if (!pairs.Contains(new FacePair(face, other)))
                {
                    changed.Add(face);
                }
            }
        }

        foreach (var pair in pairs)
        {
            if (!Of(index, pair.Left).Contains(pair.Right))
            {
                changed.Add(pair.Left);
                changed.Add(pair.Right);
            }
        }

        index.Clear();
        foreach (var pair in pairs)
        {
            Add(pair.Left, pair.Right);
            Add(pair.Right, pair.Left);
        }

        void Add(FaceId face, FaceId other)
        {
            if (!index.TryGetValue(face, out var others))
            {
                index.Add(face, others = []);
            }

            others.Add(other);
        }
    }

    private static HashSet<FaceId> Of(Dictionary<FaceId, HashSet<FaceId>> index, FaceId face) =>
        index.TryGetValue(face, out var others) ? others : Nobody;

    private static readonly HashSet<FaceId> Nobody = [];
}
