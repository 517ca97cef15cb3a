using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FaceCluster.Core;
using FaceCluster.Index.Faiss;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class ApproximateIndexTests
{
    private const int Small = 10_000;

    public static TheoryData<FaissIndexKind> Kinds => [.. Enum.GetValues<FaissIndexKind>()];

    [Fact]
    public async Task Top_RowsAfterCatchingUp_AreFoundAndAnswersSayApproximate()
    {
        SkipWithoutFaiss();
        var cancellation = TestContext.Current.CancellationToken;
        var collection = Guid.NewGuid().ToString();
        var recalls = new ConcurrentBag<double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, target) =>
        {
            if (instrument.Name == "search.recall")
            {
                target.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) =>
        {
            if (Equals(tags[0].Value, collection))
            {
                recalls.Add(value);
            }
        });
        listener.Start();
        var vectors = Faces.Mixture(12_000, 32, 500, 21);
        var rows = Faces.Index(vectors[..9_000]);
        var sampler = new RecallSampler(collection, 1, ScanScheduling.Inline);
        using var index = new ApproximateIndex(rows, Options(FaissIndexKind.IvfFlat), sampler);

        Assert.False(index.IsBehind);
        index.CatchUp(cancellation);
        var small = await index.TopAsync(Faces.Queries([vectors[10]]), 5, null, ScanScheduling.Inline, cancellation);
        Assert.False(small.IsApproximate);

        Append(rows, vectors, 9_000, 10_500);
        Assert.True(index.IsBehind);
        index.CatchUp(cancellation);
        Assert.Equal(10_500, index.CoveredRows);
        Assert.False(index.IsBehind);
        Append(rows, vectors, 10_500, 11_000);
        rows.Erase(10);
        var batch = Faces.Queries([vectors[10], vectors[10_900]]);
        var answer = await index.TopAsync(batch, 5, null, ScanScheduling.Inline, cancellation);
        Assert.True(answer.IsApproximate);
        Assert.DoesNotContain(answer.Results[0], neighbour => neighbour.Row == 10);
        Assert.Equal(Faces.Scan(rows.Snapshot(), vectors[10_900])[0].Similarity, answer.Results[1][0].Similarity);
        Assert.All(answer.Results[1], hit => Assert.Equal(Similarity.Dot(vectors[10_900], vectors[hit.Row]), hit.Similarity));
        await sampler.Pending;
        Assert.InRange(Assert.Single(recalls), 0.2, 1);

        var filtered = await index.TopAsync(batch, 5, new RowFilter { CapturedFrom = 100 }, ScanScheduling.Inline, cancellation);
        Assert.False(filtered.IsApproximate);

        Append(rows, vectors, 11_000, 12_000);
        Assert.True(index.IsBehind);
        index.CatchUp(cancellation);
        Assert.Equal(12_000, index.CoveredRows);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Top_AllNearRowsDeleted_StillFindsTheRest(FaissIndexKind kind)
    {
        SkipWithoutFaiss();
        var cancellation = TestContext.Current.CancellationToken;

        // 300 rows around one point are deleted and 40 left: a search for the point meets the dead ones first.
        var random = new Random(5);
        var point = Faces.Unit(Faces.Gaussian(random, 32, 1));
        var near = Enumerable.Range(0, 340).Select(i => Faces.Unit([.. point.Zip(Faces.Gaussian(random, 32, i < 300 ? 0.05 : 0.3), (a, b) => a + b)])).ToArray();
        float[][] vectors = [.. near, .. Faces.Mixture(Small, 32, 300, 6)];
        var rows = Faces.Index(vectors);
        using var index = new ApproximateIndex(rows, Options(kind), null);
        index.CatchUp(cancellation);
        for (var row = 0; row < 300; row++)
        {
            rows.Erase(row);
        }

        await AssertFound();
        Assert.Equal(kind != FaissIndexKind.Hnsw, index.IsBehind);
        index.CatchUp(cancellation);
        Assert.False(index.IsBehind);
        await AssertFound();

        async Task AssertFound()
        {
            var answer = await index.TopAsync(Faces.Queries([point]), 10, null, ScanScheduling.Inline, cancellation);
            Assert.True(answer.IsApproximate);
            Assert.Equal(10, answer.Results[0].Length);
            Assert.All(answer.Results[0], hit => Assert.InRange(hit.Row, 300, 339));
        }
    }

    [Fact]
    public void CatchUp_GraphWithManyDeadRows_IsBuiltAnew()
    {
        SkipWithoutFaiss();
        var cancellation = TestContext.Current.CancellationToken;
        var rows = Faces.Index(Faces.Mixture(Small + 1_200, 8, 300, 7));
        using var index = new ApproximateIndex(rows, Options(FaissIndexKind.Hnsw) with { BuildBreadth = 16, Links = 8 }, null);
        index.CatchUp(cancellation);
        for (var row = 0; row < 1_000; row++)
        {
            rows.Erase(row);
        }

        Assert.False(index.IsBehind);
        for (var row = 1_000; row < 1_200; row++)
        {
            rows.Erase(row);
        }

        Assert.True(index.IsBehind);
        index.CatchUp(cancellation);
        Assert.False(index.IsBehind);
        Assert.Equal(Small + 1_200, index.CoveredRows);
    }

    [Fact]
    public async Task CatchUp_WhileOthersSearchAndRowsGrowFourfold_TrainsAnewAndAnswersAllAlong()
    {
        SkipWithoutFaiss();
        var cancellation = TestContext.Current.CancellationToken;
        var vectors = Faces.Mixture(44_000, 8, 400, 8);
        var rows = Faces.Index(vectors[..11_000]);
        using var index = new ApproximateIndex(rows, new FaissIndexOptions { FromRows = Small, Probes = 8 }, null);
        index.CatchUp(cancellation);
        Append(rows, vectors, 11_000, 44_000);
        var building = Task.Run(() => index.CatchUp(cancellation), cancellation);
        do
        {
            var answer = await index.TopAsync(Faces.Queries([vectors[43_000]]), 3, null, ScanScheduling.On(TaskScheduler.Default, 1), cancellation);
            Assert.True(answer.IsApproximate);
            Assert.Equal(Similarity.Dot(vectors[43_000], vectors[43_000]), answer.Results[0][0].Similarity, 1e-12);
        }
        while (!building.IsCompleted);
        await building;
        Assert.Equal(44_000, index.CoveredRows);
        Assert.False(index.IsBehind);
    }

    private static FaissIndexOptions Options(FaissIndexKind kind) => new() { Kind = kind, FromRows = Small, Lists = 64, Probes = 16 };

    private static void Append(ExactIndex rows, float[][] vectors, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            rows.Append(Faces.Record(i, 0), vectors[i]);
        }
    }

    private static void SkipWithoutFaiss()
    {
        if (!FaissLibrary.IsAvailable)
        {
            Assert.Skip(FaissLibrary.UnavailableReason!);
        }
    }
}
