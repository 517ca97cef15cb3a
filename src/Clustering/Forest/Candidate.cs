using System.Buffers.Binary;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// A neighbour that a face may connect to. Candidates are ordered best first: larger similarity, then smaller face id,
/// so the order is total and the same for every observer.
/// </summary>
/// <param name="Id">The neighbour.</param>
/// <param name="Similarity">Canonical cosine (<see cref="Core.Similarity.Dot"/>), in [-1, 1] up to rounding.</param>
public readonly record struct Candidate(FaceId Id, double Similarity) : IComparable<Candidate>
{
    /// <summary>Length of the binary form in bytes.</summary>
    public const int Size = FaceId.Size + sizeof(double);

    /// <summary>Negative where this candidate is the better one.</summary>
    public int CompareTo(Candidate other)
    {
        var order = other.Similarity.CompareTo(Similarity);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static Candidate Read(ReadOnlySpan<byte> source) =>
        new(FaceId.Read(source), BinaryPrimitives.ReadDoubleLittleEndian(source[FaceId.Size..]));

    /// <summary>Writes the binary form: the id, then the similarity as a little-endian double.</summary>
    public void Write(Span<byte> destination)
    {
        Id.Write(destination);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[FaceId.Size..], Similarity);
    }

    public static bool operator <(Candidate left, Candidate right) => left.CompareTo(right) < 0;

    public static bool operator >(Candidate left, Candidate right) => left.CompareTo(right) > 0;

    public static bool operator <=(Candidate left, Candidate right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Candidate left, Candidate right) => left.CompareTo(right) >= 0;
}
