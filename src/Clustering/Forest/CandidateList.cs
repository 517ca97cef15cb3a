using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// The best higher-ranked neighbours of one face, best first, at most <see cref="Capacity"/>. The first is its parent.
/// 104 bytes, no heap object of its own.
/// </summary>
/// <remarks>
/// An offer is merged by keeping the best of the union, which is commutative, associative and idempotent: whatever the
/// order and however often offers arrive, the list ends as the best of all that were offered. The caller offers only
/// neighbours of higher rank and above the threshold; both are fixed properties of a pair, so every caller agrees.
/// A removal may leave room for a neighbour that was dropped earlier; then <see cref="NeedsRefill"/> says that the
/// face must search again. Until it has, an offer worse than every entry is refused, because an unknown dropped
/// neighbour might be better than it.
/// </remarks>
public struct CandidateList : IEquatable<CandidateList>
{
    /// <summary>How many candidates a face keeps.</summary>
    public const int Capacity = 4;

    /// <summary>Largest length of the binary form in bytes.</summary>
    public const int MaxSize = 1 + (Capacity * Candidate.Size);

    private Entries _entries;
    private byte _count;
    private bool _dropped;

    /// <summary>How many candidates the list holds.</summary>
    public readonly int Count => _count;

    /// <summary>Whether a neighbour was dropped for want of room.</summary>
    public readonly bool HasDropped => _dropped;

    /// <summary>Whether a removal left room for a dropped neighbour, so that only a new search makes the list whole.</summary>
    public readonly bool NeedsRefill => _dropped && _count < Capacity;

    /// <summary>The best candidate, or null where the face is a centre.</summary>
    public readonly Candidate? Parent => _count == 0 ? null : _entries[0];

    /// <summary>The best candidate's id, or <see cref="FaceId.None"/>.</summary>
    public readonly FaceId ParentId => _count == 0 ? FaceId.None : _entries[0].Id;

    /// <summary>The candidates, best first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<Candidate> Items => ((ReadOnlySpan<Candidate>)_entries)[.._count];

    /// <summary>The list that has seen exactly these offers.</summary>
    public static CandidateList Of(ReadOnlySpan<Candidate> offers)
    {
        var list = default(CandidateList);
        foreach (var offer in offers)
        {
            list.Offer(offer);
        }

        return list;
    }

    /// <summary>Merges one neighbour of higher rank whose similarity is above the threshold.</summary>
    public OfferOutcome Offer(in Candidate offer)
    {
        var at = (int)_count;
        for (var i = 0; i < _count; i++)
        {
            var order = offer.CompareTo(_entries[i]);
            if (order == 0)
            {
                return OfferOutcome.Unchanged;
            }

            if (order < 0)
            {
                at = i;
                break;
            }
        }

        if (at == Capacity || (at == _count && NeedsRefill))
        {
            _dropped = true;
            return OfferOutcome.Unchanged;
        }

        if (_count == Capacity)
        {
            _dropped = true;
        }
        else
        {
            _count++;
        }

        for (var i = _count - 1; i > at; i--)
        {
            _entries[i] = _entries[i - 1];
        }

        _entries[at] = offer;
        return at == 0 ? OfferOutcome.NewParent : OfferOutcome.Kept;
    }

    /// <summary>Merges every entry of another list of the same face.</summary>
    /// <returns>The strongest outcome of the single offers.</returns>
    public OfferOutcome Merge(in CandidateList other)
    {
        var outcome = OfferOutcome.Unchanged;
        foreach (var offer in other.Items)
        {
            var one = Offer(offer);
            outcome = one > outcome ? one : outcome;
        }

        if (other._dropped && !_dropped)
        {
            _dropped = true;
        }

        return outcome;
    }

    /// <summary>Removes a neighbour that was deleted; look at <see cref="NeedsRefill"/> afterwards.</summary>
    /// <returns>Whether the list held it.</returns>
    public bool Remove(FaceId id)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_entries[i].Id != id)
            {
                continue;
            }

            for (var j = i + 1; j < _count; j++)
            {
                _entries[j - 1] = _entries[j];
            }

            _entries[--_count] = default;
            return true;
        }

        return false;
    }

    /// <summary>Writes the binary form (count and flag, then the entries) and returns its length.</summary>
    public readonly int Write(Span<byte> destination)
    {
        destination[0] = (byte)(_count | (_dropped ? 0x80 : 0));
        var at = 1;
        foreach (var item in Items)
        {
            item.Write(destination[at..]);
            at += Candidate.Size;
        }

        return at;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The count is above <see cref="Capacity"/> or the bytes end early.</exception>
    public static CandidateList Read(ReadOnlySpan<byte> source, out int length)
    {
        var list = default(CandidateList);
        var count = source.IsEmpty ? Capacity + 1 : source[0] & 0x7F;
        length = 1 + (count * Candidate.Size);
        if (count > Capacity || source.Length < length)
        {
            throw new FormatException($"A candidate list of {source.Length} bytes cannot hold {count} entries (at most {Capacity} are allowed).");
        }

        for (var i = 0; i < count; i++)
        {
            list._entries[i] = Candidate.Read(source[(1 + (i * Candidate.Size))..]);
        }

        list._count = (byte)count;
        list._dropped = (source[0] & 0x80) != 0;
        return list;
    }

    /// <summary>Whether both hold the same candidates; what was dropped does not count.</summary>
    public readonly bool Equals(CandidateList other) => Items.SequenceEqual(other.Items);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is CandidateList other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in Items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public static bool operator ==(CandidateList left, CandidateList right) => left.Equals(right);

    public static bool operator !=(CandidateList left, CandidateList right) => !left.Equals(right);

    [InlineArray(Capacity)]
    private struct Entries
    {
        private Candidate _first;
    }
}
