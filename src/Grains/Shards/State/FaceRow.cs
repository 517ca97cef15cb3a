using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Grains.Shards;

/// <summary>A face in the shard's memory; its vector is in the index.</summary>
internal struct FaceRow
{
    public FaceId Id;
    public CandidateList Candidates;
    public FaceBox Box;
    public float DetectionScore;
    public float Magnitude;

    /// <summary>Its item.</summary>
    public int Item;

    /// <summary>Its row in the index, or -1 where it is deleted.</summary>
    public int IndexRow;

    public bool HasBox;

    /// <summary>Whether it has been compared with every face that was visible when it asked.</summary>
    public bool Linked;

    public readonly bool Deleted => IndexRow < 0;

    public readonly FaceRank Rank => new(Magnitude, Id);
}

/// <summary>An item in the shard's memory: what is needed to answer its repeat.</summary>
internal struct ItemRow
{
    public long Sequence;
    public long CaptureTimeMicros;
    public long GapBefore;
    public ulong PayloadDigest;
    public string? TrackId;
    public int Camera;
    public int FirstFace;
    public int FaceCount;
    public int FacesOverLimit;
    public ItemSource Source;
}
