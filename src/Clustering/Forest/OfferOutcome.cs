namespace FaceCluster.Clustering;

/// <summary>What an offer changed in a <see cref="CandidateList"/>.</summary>
public enum OfferOutcome
{
    /// <summary>Nothing: the list knew it, or holds <see cref="CandidateList.Capacity"/> better ones.</summary>
    Unchanged,

    /// <summary>The list changed behind its first entry; the parent is the same.</summary>
    Kept,

    /// <summary>The offer is the new first entry: the face has a new parent.</summary>
    NewParent,
}
