using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class ExactIndexTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-8)]
    [InlineData(511)]
    [InlineData(32_776)]
    public void Constructor_BadDimension_NamesTheLimit(int dimension)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new ExactIndex(dimension));
        Assert.Contains("multiple of 8 from 8 to 32768", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_RowsBeyondOneChunk_KeepsEveryFaceAndVector()
    {
        var vectors = Faces.Mixture(9_000, 512, 40, 2);
        var index = Faces.Index(vectors);
        var view = index.Snapshot();
        Assert.Equal(9_000, view.Count);
        for (var row = 0; row < vectors.Length; row++)
        {
            Assert.Equal(Faces.Record(row, 0), view.Face(row));
            Assert.True(view.Vector(row).SequenceEqual(vectors[row]));
        }

        Assert.InRange(index.MemoryBytes, 9_000L * 2_601, 3L * 4_096 * 2_700);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(0f)]
    [InlineData(2f)]
    public void Append_NotAUnitVector_IsRefusedAndNothingIsAdded(float first)
    {
        var index = new ExactIndex(16);
        var vector = new float[16];
        vector[0] = first;
        Assert.Throws<ArgumentException>(() => index.Append(Faces.Record(0, 0), vector));
        Assert.Equal(0, index.Count);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(0f)]
    [InlineData(-1f)]
    public void Append_BadMagnitude_IsRefused(float magnitude)
    {
        var index = new ExactIndex(8);
        Assert.Throws<ArgumentException>(() => index.Append(new FaceRecord(Faces.Id(1), magnitude), Faces.Unit([1, 0, 0, 0, 0, 0, 0, 0])));
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public async Task Snapshot_RowsAppendedLater_AreNotInTheView()
    {
        var vectors = Faces.Mixture(40, 32, 2, 4);
        var index = Faces.Index(vectors[..20]);
        var view = index.Snapshot();
        for (var i = 20; i < 40; i++)
        {
            index.Append(Faces.Record(i, 0), vectors[i]);
        }

        var found = await ExactSearch.TopAsync(view, Faces.Queries([vectors[30]]), 100, null, ScanScheduling.Inline, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 20), found[0].Select(row => row.Row).Order());
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Face(20));
    }

    [Fact]
    public async Task From_LaterRow_SearchesOnlyTheRowsFromThere()
    {
        var vectors = Faces.Mixture(700, 32, 20, 4);
        var view = Faces.Index(vectors).Snapshot().From(333);
        var found = await ExactSearch.TopAsync(view, Faces.Queries([vectors[1]]), 1_000, null, ScanScheduling.Inline, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(333, 700 - 333), found[0].Select(row => row.Row).Order());
    }

    [Fact]
    public async Task Tombstone_Row_VanishesFromEarlierViewsToo()
    {
        var vectors = Faces.Mixture(20, 32, 2, 4);
        var index = Faces.Index(vectors);
        var view = index.Snapshot();
        Assert.True(index.Tombstone(5));
        Assert.False(index.Tombstone(5));
        Assert.Equal(19, index.LiveCount);
        Assert.Equal(20, index.Count);
        var found = await ExactSearch.TopAsync(view, Faces.Queries([vectors[5]]), 20, null, ScanScheduling.Inline, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(found[0], row => row.Row == 5);
        Assert.Equal(19, found[0].Length);
    }

    [Fact]
    public async Task Snapshot_WhileAnotherThreadAppends_SeesOnlyCompleteRows()
    {
        var vectors = Faces.Mixture(6_000, 64, 50, 9);
        var index = new ExactIndex(64);
        var cancellation = TestContext.Current.CancellationToken;
        var writer = Task.Run(
            () =>
            {
                for (var i = 0; i < vectors.Length; i++)
                {
                    index.Append(Faces.Record(i, 0), vectors[i]);
                }
            },
            cancellation);
        var query = Faces.Queries([vectors[0]]);
        IndexView view;
        do
        {
            view = index.Snapshot();
            var found = await ExactSearch.TopAsync(view, query, 5, null, ScanScheduling.Inline, cancellation);
            Assert.Equal(Faces.Scan(view, query[0].Span).Take(5), found[0]);
        }
        while (view.Count < vectors.Length);
        await writer;
    }
}
