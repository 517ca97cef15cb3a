using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>One face's place as its shard knows it.</summary>
[GenerateSerializer, Immutable, Alias("fc.FacePlace")]
public sealed record FacePlace
{
    [Id(0)]
    public required FaceId Id { get; init; }

    [Id(1)]
    public required float Magnitude { get; init; }

    /// <summary>Most similar faces of higher rank above the threshold, most similar first; the first is the parent.</summary>
    [Id(2)]
    public IReadOnlyList<FaceHit> Candidates { get; init; } = [];
}

/// <summary>Consecutive changes of one shard.</summary>
[GenerateSerializer, Immutable, Alias("fc.ForestChanges")]
public sealed record ForestChanges
{
    [Id(0)]
    public required int Shard { get; init; }

    /// <summary>Names the shard's activation: numbering starts again with another one.</summary>
    [Id(1)]
    public required Guid Feed { get; init; }

    /// <summary>Number of the message in the feed; the first, 0, starts a full state.</summary>
    [Id(2)]
    public required long Number { get; init; }

    /// <summary>New and changed faces.</summary>
    [Id(3)]
    public IReadOnlyList<FacePlace> Faces { get; init; } = [];

    /// <summary>Deleted faces.</summary>
    [Id(4)]
    public IReadOnlyList<FaceId> Deleted { get; init; } = [];

    /// <summary>Whether more messages follow before the shard's full state is there.</summary>
    [Id(5)]
    public bool MoreToCome { get; init; }

    /// <summary>Everything acknowledged up to this position is contained in the forest after this message.</summary>
    [Id(6)]
    public long LinkedThroughLsn { get; init; }

    /// <summary>
    /// The shard's epoch at its store; 0 where the sender is too old to tell. What an activation says that has lost its
    /// store to a later one, unknowingly, must not take the place of what the later one has said.
    /// </summary>
    [Id(7)]
    public long Epoch { get; init; }

    /// <summary>Which full state of the activation the feed began with, from 1: a message may arrive after its sender gave it up.</summary>
    [Id(8)]
    public long Start { get; init; }
}

/// <summary>A cluster.</summary>
[GenerateSerializer, Immutable, Alias("fc.ClusterInfo")]
public sealed record ClusterInfo
{
    /// <summary>The id: that of its centre.</summary>
    [Id(0)]
    public required FaceId Id { get; init; }

    /// <summary>Number of faces, the centre included.</summary>
    [Id(1)]
    public required int Size { get; init; }

    /// <summary>Magnitude of the centre, the highest of the cluster.</summary>
    [Id(2)]
    public float Magnitude { get; init; }

    /// <summary>Faces marked uncertain.</summary>
    [Id(3)]
    public int Uncertain { get; init; }
}

/// <summary>Why a face is uncertain.</summary>
public enum UncertainReason : byte
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>Its magnitude is under the quality gate.</summary>
    LowQuality = 1,

    /// <summary>A face of another cluster is nearly as similar as its parent.</summary>
    Ambiguous = 2,
}

/// <summary>A face in its cluster.</summary>
[GenerateSerializer, Immutable, Alias("fc.MemberInfo")]
public sealed record MemberInfo
{
    [Id(0)]
    public required FaceId Id { get; init; }

    [Id(1)]
    public required float Magnitude { get; init; }

    /// <summary>The cluster's id.</summary>
    [Id(2)]
    public required FaceId Cluster { get; init; }

    /// <summary>Its parent, or none for the centre.</summary>
    [Id(3)]
    public FaceId Parent { get; init; }

    /// <summary>Cosine to the parent; 1 for the centre.</summary>
    [Id(4)]
    public double ParentSimilarity { get; init; }

    [Id(5)]
    public UncertainReason Uncertain { get; init; }

    /// <summary>Where <see cref="Uncertain"/> is ambiguous: the rival face of another cluster, and its cosine.</summary>
    [Id(6)]
    public FaceHit? Rival { get; init; }
}

/// <summary>One page of clusters.</summary>
[GenerateSerializer, Immutable, Alias("fc.ClusterPage")]
public sealed record ClusterPage
{
    [Id(0)]
    public required IReadOnlyList<ClusterInfo> Clusters { get; init; }

    /// <summary>Continue after this one, or null at the end.</summary>
    [Id(1)]
    public ClusterCursor? Next { get; init; }

    [Id(2)]
    public long TotalClusters { get; init; }

    /// <summary>Shards whose faces are missing from this answer.</summary>
    [Id(3)]
    public IReadOnlyList<int> Unreachable { get; init; } = [];
}

/// <summary>A position in the list of clusters, which is ordered by size, largest first, then by id.</summary>
[GenerateSerializer, Immutable, Alias("fc.ClusterCursor")]
public readonly record struct ClusterCursor([property: Id(0)] int Size, [property: Id(1)] FaceId Id);

/// <summary>One page of a cluster's members, highest rank first.</summary>
[GenerateSerializer, Immutable, Alias("fc.MemberPage")]
public sealed record MemberPage
{
    /// <summary>The cluster that the asked id leads to now.</summary>
    [Id(0)]
    public required ClusterInfo Cluster { get; init; }

    [Id(1)]
    public required IReadOnlyList<MemberInfo> Members { get; init; }

    /// <summary>Continue after this face, or none at the end.</summary>
    [Id(2)]
    public FaceId Next { get; init; }
}

/// <summary>One hop of an explanation.</summary>
[GenerateSerializer, Immutable, Alias("fc.ExplainHop")]
public sealed record ExplainHop
{
    [Id(0)]
    public required MemberInfo Face { get; init; }

    /// <summary>The candidates the parent was chosen from, most similar first.</summary>
    [Id(1)]
    public IReadOnlyList<FaceHit> Candidates { get; init; } = [];
}

/// <summary>The way from a face to its centre.</summary>
[GenerateSerializer, Immutable, Alias("fc.Explanation")]
public sealed record Explanation
{
    /// <summary>From the face to the centre.</summary>
    [Id(0)]
    public required IReadOnlyList<ExplainHop> Path { get; init; }

    /// <summary>The link threshold in force.</summary>
    [Id(1)]
    public double LinkThreshold { get; init; }

    [Id(2)]
    public double AmbiguityMargin { get; init; }

    [Id(3)]
    public float QualityGate { get; init; }
}

/// <summary>What happened to a cluster.</summary>
public enum ClusterEventKind : byte
{
    /// <summary>The watcher's cursor is of another life of the server: drop what is known, the current clusters follow.</summary>
    Resync = 0,

    /// <summary>A new centre.</summary>
    Created = 1,

    /// <summary>Members came, went or changed.</summary>
    Changed = 2,

    /// <summary>The cluster went up in another one, to which its id leads from now on.</summary>
    Merged = 3,

    /// <summary>A part left another cluster and is one of its own now.</summary>
    Split = 4,

    /// <summary>The last face was deleted.</summary>
    Removed = 5,
}

/// <summary>An entry of the event feed.</summary>
[GenerateSerializer, Immutable, Alias("fc.ClusterEvent")]
public sealed record ClusterEvent
{
    /// <summary>Strictly increasing within an epoch, without gaps.</summary>
    [Id(0)]
    public required long Number { get; init; }

    [Id(1)]
    public required ClusterEventKind Kind { get; init; }

    /// <summary>The cluster the event is about.</summary>
    [Id(2)]
    public FaceId Cluster { get; init; }

    /// <summary>The other cluster: where it merged into, or split from.</summary>
    [Id(3)]
    public FaceId Other { get; init; }

    /// <summary>Number of faces afterwards.</summary>
    [Id(4)]
    public int Size { get; init; }
}

/// <summary>A batch of events.</summary>
[GenerateSerializer, Immutable, Alias("fc.ClusterEvents")]
public sealed record ClusterEvents
{
    /// <summary>Names the life of the forest; a cursor is an epoch and a number.</summary>
    [Id(0)]
    public required Guid Epoch { get; init; }

    [Id(1)]
    public required IReadOnlyList<ClusterEvent> Events { get; init; }

    /// <summary>Continue after this number.</summary>
    [Id(2)]
    public required long LastNumber { get; init; }
}

/// <summary>Counters of a forest.</summary>
[GenerateSerializer, Immutable, Alias("fc.ForestStatus")]
public sealed record ForestStatus
{
    [Id(0)]
    public long Faces { get; init; }

    [Id(1)]
    public long Clusters { get; init; }

    /// <summary>Shards whose state has not arrived yet.</summary>
    [Id(2)]
    public IReadOnlyList<int> Unreachable { get; init; } = [];
}
