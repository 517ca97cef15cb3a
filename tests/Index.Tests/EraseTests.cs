using FaceCluster.Core;
using FaceCluster.Index.Graph;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class EraseTests
{
    private const int RowsPerChunk = 4_096; // at 512 dimensions

    [Fact]
    public async Task Erase_IdleIndex_OverwritesAtOnceAndSearchesEqualTheScanOfTheRest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(900, 64, 30, 41);
        var index = Faces.Index(vectors);
        var random = new Random(41);
        foreach (var row in Enumerable.Range(0, 300).Select(_ => random.Next(vectors.Length)))
        {
            index.Erase(row);
        }

        var view = index.Snapshot();
        Assert.Equal(Enumerable.Range(0, 900).Count(row => !view.IsDeleted(row)), index.LiveCount);
        Assert.All(Enumerable.Range(0, 900), row => Assert.Equal(view.IsDeleted(row), view.Vector(row).IndexOfAnyExcept(0f) < 0));
        var found = await ExactSearch.TopAsync(view, Faces.Queries(vectors[..40]), 20, null, ScanScheduling.Inline, cancellation);
        for (var query = 0; query < 40; query++)
        {
            Assert.Equal(Faces.Scan(view, vectors[query]).Take(20), found[query]);
        }
    }

    [Fact]
    public void Erase_Twice_SaysWhetherTheRowWasAlive()
    {
        var index = Faces.Index(Faces.Mixture(20, 32, 2, 42));
        index.Tombstone(3);
        Assert.NotEqual(-1, index.Snapshot().Vector(3).IndexOfAnyExcept(0f));
        Assert.False(index.Erase(3));
        Assert.True(index.Erase(4));
        Assert.False(index.Erase(4));
        Assert.Equal(18, index.LiveCount);
        Assert.Equal(-1, index.Snapshot().Vector(3).IndexOfAnyExcept(0f));
    }

    [Fact]
    public async Task Erase_WhileAScanRuns_WaitsForItAndForNoLaterOne()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(200, 32, 4, 43);
        var index = Faces.Index(vectors);
        var view = index.Snapshot();
        var seen = 0;
        var filter = new RowFilter
        {
            Predicate = _ =>
            {
                if (seen++ == 0)
                {
                    // A second scan begins while the first is running, and both see the row until they end.
                    index.Erase(7);
                    Assert.True(view.Vector(7).SequenceEqual(vectors[7]));
                    ExactSearch.TopAsync(view, Faces.Queries([vectors[7]]), 5, null, ScanScheduling.Inline, cancellation).GetAwaiter().GetResult();
                    Assert.True(view.Vector(7).SequenceEqual(vectors[7]));
                }

                return true;
            },
        };
        var found = await ExactSearch.TopAsync(view, Faces.Queries([vectors[7]]), 200, filter, ScanScheduling.Inline, cancellation);

        Assert.True(seen > 1);
        Assert.Equal(-1, view.Vector(7).IndexOfAnyExcept(0f));
        Assert.All(found[0], hit => Assert.Equal(Similarity.Dot(vectors[7], vectors[hit.Row]), hit.Similarity));
    }

    [Fact]
    public async Task Erase_WhileOthersSearch_NobodySeesATornVector()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(6_000, 512, 60, 44);
        var index = Faces.Index(vectors);
        var order = Enumerable.Range(0, vectors.Length).ToArray();
        new Random(44).Shuffle(order);
        var erasing = Task.Run(
            () =>
            {
                foreach (var row in order[..5_990])
                {
                    index.Erase(row);
                    if (row % 64 == 0)
                    {
                        Thread.Yield();
                    }
                }
            },
            cancellation);
        do
        {
            var query = vectors[order[^1]];
            var found = await ExactSearch.TopAsync(index.Snapshot(), Faces.Queries([query, vectors[order[0]]]), 50, null, ScanScheduling.On(TaskScheduler.Default, 2), cancellation);
            Assert.All(found[0], hit => Assert.Equal(Similarity.Dot(query, vectors[hit.Row]), hit.Similarity));
            Assert.Equal(1, found[0][0].Similarity, 1e-6);
        }
        while (!erasing.IsCompleted);
        await erasing;
        Assert.Equal(10, index.LiveCount);
    }

    [Fact]
    public async Task Erase_AllRowsOfAChunk_GivesItsMemoryBackAndLeavesTheRest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(RowsPerChunk + 300, 512, 200, 45);
        var index = Faces.Index(vectors);
        for (var row = 0; row < vectors.Length; row++)
        {
            index.SetAcceptance(row, 0.3);
        }

        var before = index.MemoryBytes;
        for (var row = 0; row < RowsPerChunk; row++)
        {
            index.Erase(row);
        }

        Assert.InRange(before - index.MemoryBytes, RowsPerChunk * 512L * 5, RowsPerChunk * 2_620L);
        var view = index.Snapshot();
        Assert.Throws<InvalidOperationException>(() => _ = view.Vector(0));
        Assert.Equal(Faces.Record(0, 0), view.Face(0));
        index.SetAcceptance(0, 0.5);

        var query = Faces.Queries([vectors[9], vectors[RowsPerChunk + 5]]);
        var expected = Faces.Scan(view, vectors[9], from: RowsPerChunk).Take(10);
        Assert.Equal(expected, (await ExactSearch.TopAsync(view, query, 10, null, ScanScheduling.Inline, cancellation))[0]);
        var links = await ExactSearch.LinkAsync(view, [new LinkQuery(new FaceRank(5, Faces.Id(-1)), vectors[9])], -1, 4, ScanScheduling.Inline, cancellation);
        Assert.All(links[0].Candidates.Concat(links[0].Offers), hit => Assert.InRange(hit.Row, RowsPerChunk, vectors.Length));
        Assert.Equal(vectors.Length, index.Append(Faces.Record(vectors.Length, 0), vectors[9]));
    }

    [Fact]
    public async Task Graph_OverErasedRows_EqualsTheGraphOfTheRest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(RowsPerChunk + 200, 512, 40, 46);
        var index = Faces.Index(vectors);
        for (var row = 0; row < RowsPerChunk + 50; row++)
        {
            index.Erase(row);
        }

        var graph = await KnnGraphBuilder.BuildAsync(index.Snapshot(), new KnnGraphOptions { K = 6, IncludeSelf = true, Scheduling = ScanScheduling.Inline }, cancellation);
        var rest = await KnnGraphBuilder.BuildAsync(
            Faces.Index(vectors[(RowsPerChunk + 50)..]).Snapshot(), new KnnGraphOptions { K = 6, IncludeSelf = true, Scheduling = ScanScheduling.Inline }, cancellation);
        Assert.Equal(0, graph.Neighbours(10).Length);
        for (var row = 0; row < 150; row++)
        {
            Assert.Equal(rest.Similarities(row).ToArray(), graph.Similarities(RowsPerChunk + 50 + row).ToArray());
        }
    }
}
