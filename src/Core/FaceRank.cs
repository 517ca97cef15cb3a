namespace FaceCluster.Core;

/// <summary>
/// The total order of confidence: magnitude first, then face id. It is fixed when the face is stored and never
/// changes, which is what makes the forest independent of arrival order.
/// </summary>
/// <param name="Magnitude">Euclidean length of the raw embedding, finite and positive.</param>
/// <param name="Id">The face.</param>
public readonly record struct FaceRank(float Magnitude, FaceId Id) : IComparable<FaceRank>
{
    /// <inheritdoc/>
    public int CompareTo(FaceRank other)
    {
        var order = Magnitude.CompareTo(other.Magnitude);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    public static bool operator <(FaceRank left, FaceRank right) => left.CompareTo(right) < 0;

    public static bool operator >(FaceRank left, FaceRank right) => left.CompareTo(right) > 0;

    public static bool operator <=(FaceRank left, FaceRank right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FaceRank left, FaceRank right) => left.CompareTo(right) >= 0;
}
