using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Xunit;

namespace FaceCluster.Core.Tests;

public sealed class FaceIdTests
{
    private static readonly Gen<FaceId> Ids = Gen.Select(Gen.ULong, Gen.ULong).Select(static (high, low) => new FaceId(high, low));

    [Fact]
    public void Derive_IsTheDocumentedHash_WithTheCamerasSlotInFront()
    {
        var bytes = new List<byte>();
        foreach (var text in new[] { "default", "north-gate" })
        {
            bytes.AddRange(BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)));
            bytes.AddRange(Encoding.UTF8.GetBytes(text));
        }

        bytes.AddRange(BitConverter.GetBytes(77L));
        bytes.AddRange(BitConverter.GetBytes(3));
        var digest = SHA256.HashData([.. bytes]);
        var id = FaceId.Derive("default", "north-gate", 77, 3);

        Assert.Equal(CameraSlot.Of("north-gate"), id.Slot);
        Assert.Equal(Convert.ToHexStringLower(digest)[3..32], id.ToString()[3..]);
    }

    [Fact]
    public void Derive_TellsApartWhatJoinsToTheSameText()
    {
        Assert.NotEqual(FaceId.Derive("a", "bc", 1, 0), FaceId.Derive("ab", "c", 1, 0));
        Assert.NotEqual(FaceId.Derive("a", "b", 1, 0), FaceId.Derive("a", "b", 1, 1));
        Assert.NotEqual(FaceId.Derive("a", "b", 1, 0), FaceId.Derive("a", "b", 2, 0));
    }

    [Fact]
    public void TextAndBytes_RoundTrip_AndKeepTheOrder() => Gen.Select(Ids, Ids).Sample(static (one, other) =>
    {
        Span<byte> a = stackalloc byte[FaceId.Size];
        Span<byte> b = stackalloc byte[FaceId.Size];
        one.Write(a);
        other.Write(b);
        Assert.Equal(one, FaceId.Read(a));
        Assert.True(FaceId.TryParse(one.ToString(), out var parsed));
        Assert.Equal(one, parsed);
        Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(a.SequenceCompareTo(b)));
        Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(string.CompareOrdinal(one.ToString(), other.ToString())));
    });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcde")]
    [InlineData("0123456789abcdef0123456789abcdeg")]
    [InlineData(" 123456789abcdef0123456789abcdef")]
    public void TryParse_RefusesAnythingElse(string? text) => Assert.False(FaceId.TryParse(text, out _));

    [Fact]
    public void Slots_SpreadOverTheirRange()
    {
        var slots = Enumerable.Range(0, 4000).Select(static n => CameraSlot.Of($"camera-{n}")).ToArray();
        Assert.All(slots, static slot => Assert.InRange(slot, 0, CameraSlot.Count - 1));
        var quarters = slots.GroupBy(static slot => slot / (CameraSlot.Count / 4)).Select(static group => group.Count()).ToArray();
        Assert.Equal(4, quarters.Length);
        Assert.All(quarters, static count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Ranks_OrderByMagnitudeThenId()
    {
        var low = new FaceRank(3, new FaceId(9, 9));
        var high = new FaceRank(4, new FaceId(1, 1));
        var tie = new FaceRank(4, new FaceId(1, 2));
        Assert.True(low < high);
        Assert.True(high < tie);
        Assert.True(tie >= high && high <= tie && tie > low);
    }
}
