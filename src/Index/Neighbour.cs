using FaceCluster.Core;

namespace FaceCluster.Index;

/// <summary>One row found by a scan.</summary>
/// <param name="Row">Row number in the index that was scanned.</param>
/// <param name="Id">The face in that row.</param>
/// <param name="Similarity">Canonical cosine, <see cref="Core.Similarity.Dot"/>.</param>
public readonly record struct Neighbour(int Row, FaceId Id, double Similarity) : IComparable<Neighbour>
{
    /// <summary>Best first: larger similarity, then smaller face id.</summary>
    public int CompareTo(Neighbour other)
    {
        var order = other.Similarity.CompareTo(Similarity);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    public static bool operator <(Neighbour left, Neighbour right) => left.CompareTo(right) < 0;

    public static bool operator >(Neighbour left, Neighbour right) => left.CompareTo(right) > 0;

    public static bool operator <=(Neighbour left, Neighbour right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Neighbour left, Neighbour right) => left.CompareTo(right) >= 0;
}
