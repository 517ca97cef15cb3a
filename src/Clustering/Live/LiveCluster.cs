namespace FaceCluster.Clustering;

/// <summary>
/// One cluster and how it came about: every join and every choice of its groups, round by round, so that others can be
/// computed beside it without computing it again. It is replaced as a whole.
/// </summary>
/// <remarks>Groups are named by the slot of their highest-ranked face.</remarks>
internal sealed class LiveCluster
{
    /// <summary>Slots of the faces, highest rank first.</summary>
    public required List<int> Members { get; init; }

    /// <summary>The joins, by round, with slots for rows.</summary>
    public RecordedJoin[] Joins { get; init; } = [];

    /// <summary>The choices, by round; a group keeps its choice until the next entry.</summary>
    public RecordedChoice[] Choices { get; init; } = [];

    /// <summary>The traits of the whole cluster.</summary>
    public GroupTraits Traits { get; init; }

    /// <summary>Slot of the centre.</summary>
    public int Centre => Members[0];
}

/// <summary>A join, and what a replay would otherwise have to compute again.</summary>
/// <param name="Join">The join.</param>
/// <param name="Dot">Product of the two templates.</param>
internal readonly record struct RecordedJoin(GroupJoin Join, long Dot);

/// <summary>From a round on, a group would join another one.</summary>
/// <param name="Round">The round, from 1.</param>
/// <param name="Group">The group.</param>
/// <param name="Partner">The group that it chooses, or -1.</param>
/// <param name="Score">Log-odds of the join.</param>
internal readonly record struct RecordedChoice(int Round, int Group, int Partner, float Score);
