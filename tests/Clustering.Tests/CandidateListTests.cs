using CsCheck;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class CandidateListTests
{
    private static readonly Gen<Candidate> Candidates =
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 3]).Select((id, _) => new Candidate(new FaceId(0, (ulong)id), (id % 4) / 8.0));

    [Fact]
    public void List_AnyOrderAndRepetitionOfOffers_HoldsTheBest() =>
        Gen.Select(Candidates.Array[0, 20], Gen.Int).Sample((offers, seed) =>
        {
            var expected = offers.Distinct().OrderByDescending(c => c.Similarity).ThenBy(c => c.Id).Take(CandidateList.Capacity).ToArray();
            var repeated = offers.Concat(offers).ToArray();
            new Random(seed).Shuffle(repeated);
            var list = CandidateList.Of(repeated);
            Assert.Equal(expected, list.Items.ToArray());
            Assert.Equal(offers.Distinct().Count() > CandidateList.Capacity, list.HasDropped);
        });

    [Fact]
    public void Merge_OfPartialLists_EqualsOneListOfAllOffers() =>
        Gen.Select(Candidates.Array[0, 10], Candidates.Array[0, 10]).Sample((left, right) =>
        {
            var whole = CandidateList.Of([.. left, .. right]);
            var one = CandidateList.Of(left);
            one.Merge(CandidateList.Of(right));
            var other = CandidateList.Of(right);
            other.Merge(CandidateList.Of(left));
            other.Merge(CandidateList.Of(left));
            Assert.Equal(whole, one);
            Assert.Equal(whole, other);
        });

    [Fact]
    public void Offer_ThatBeatsTheFirst_ReportsANewParent()
    {
        var list = CandidateList.Of([new(new FaceId(0, 5), 0.6)]);
        Assert.Equal(OfferOutcome.Kept, list.Offer(new(new FaceId(0, 6), 0.55)));
        Assert.Equal(OfferOutcome.NewParent, list.Offer(new(new FaceId(0, 4), 0.6)));
        Assert.Equal(OfferOutcome.Unchanged, list.Offer(new(new FaceId(0, 4), 0.6)));
        Assert.Equal(new FaceId(0, 4), list.ParentId);
    }

    [Fact]
    public void Remove_AfterADrop_AsksForARefillAndRefusesWorseOffers()
    {
        var list = CandidateList.Of([.. Enumerable.Range(1, 5).Select(i => new Candidate(new FaceId(0, (ulong)i), 0.9 - (0.05 * i)))]);
        Assert.False(list.NeedsRefill);
        Assert.True(list.Remove(new FaceId(0, 2)));
        Assert.False(list.Remove(new FaceId(0, 2)));
        Assert.True(list.NeedsRefill);

        // The dropped neighbour 5 (0.65) is better than this one, so the list may not take it on trust.
        Assert.Equal(OfferOutcome.Unchanged, list.Offer(new(new FaceId(0, 9), 0.55)));
        Assert.Equal(3, list.Count);
        Assert.Equal(OfferOutcome.Kept, list.Offer(new(new FaceId(0, 8), 0.72)));
    }

    [Fact]
    public void Bytes_RoundTrip() =>
        Candidates.Array[0, 9].Sample(offers =>
        {
            var list = CandidateList.Of(offers);
            var bytes = new byte[CandidateList.MaxSize];
            var written = list.Write(bytes);
            var read = CandidateList.Read(bytes.AsSpan(0, written), out var length);
            Assert.Equal(list, read);
            Assert.Equal(written, length);
            Assert.Equal(list.HasDropped, read.HasDropped);
        });

    [Fact]
    public void Read_OfTooFewBytes_IsRefused() =>
        Assert.Throws<FormatException>(() => CandidateList.Read([3, 1, 2], out _));
}
