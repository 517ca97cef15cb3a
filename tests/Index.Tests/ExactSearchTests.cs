using CsCheck;
using FaceCluster.Index.Kernels;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class ExactSearchTests
{
    public static TheoryData<string> Kernels => [.. Enum.GetValues<ScanKernel>().Where(KernelSelection.IsSupported).Select(kernel => kernel.ToString())];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void TopAsync_AnyRowsAndQueries_EqualsThePlainScan(string name)
    {
        var kernel = Enum.Parse<ScanKernel>(name);
        Gen.Select(Gen.Int[0, 600], Gen.Int[1, 12], Gen.Int[1, 40], Gen.Int[0, 3].Select(i => new[] { 8, 24, 64, 512 }[i]), Gen.Int[0, 9999])
            .Sample(
                (rows, queries, k, dimension, seed) =>
                {
                    var vectors = Faces.Mixture(rows + queries, dimension, 1 + (rows / 20), seed);
                    var index = rows == 0 ? new ExactIndex(dimension) : Faces.Index(vectors[..rows], seed);
                    var random = new Random(seed);
                    for (var i = 0; i < rows / 10; i++)
                    {
                        index.Tombstone(random.Next(rows));
                    }

                    var view = index.Snapshot();
                    var batch = Faces.Queries(vectors[rows..]);
                    var found = Completed(ExactSearch.TopAsync(view, batch, k, null, ScanScheduling.Inline, kernel, default));
                    for (var query = 0; query < queries; query++)
                    {
                        Assert.Equal(Faces.Scan(view, batch[query].Span).Take(k), found[query]);
                    }
                },
                iter: 30);
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void RangeAsync_AnyThreshold_EqualsThePlainScan(string name)
    {
        var kernel = Enum.Parse<ScanKernel>(name);
        Gen.Select(Gen.Int[1, 400], Gen.Double[-1.1, 1.1], Gen.Int[0, 9999]).Sample(
            (rows, threshold, seed) =>
            {
                var vectors = Faces.Mixture(rows + 3, 64, 1 + (rows / 20), seed);
                var view = Faces.Index(vectors[..rows], seed).Snapshot();
                var batch = Faces.Queries(vectors[rows..]);
                var found = Completed(ExactSearch.RangeAsync(view, batch, threshold, null, ScanScheduling.Inline, kernel, default));
                for (var query = 0; query < batch.Length; query++)
                {
                    Assert.Equal(Faces.Scan(view, batch[query].Span).Where(row => row.Similarity >= threshold), found[query]);
                }
            },
            iter: 30);
    }

    [Fact]
    public async Task TopAsync_OnASchedulerOverSeveralChunks_EqualsThePlainScan()
    {
        var vectors = Faces.Mixture(10_000, 512, 100, 3);
        var view = Faces.Index(vectors).Snapshot();
        var batch = Faces.Queries(vectors.Where((_, i) => i % 500 == 0));
        var pair = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 3);
        var found = await ExactSearch.TopAsync(
            view, batch, 10, null, ScanScheduling.On(pair.ConcurrentScheduler, 3), TestContext.Current.CancellationToken);
        for (var query = 0; query < batch.Length; query++)
        {
            Assert.Equal(Faces.Scan(view, batch[query].Span).Take(10), found[query]);
        }
    }

    [Fact]
    public async Task TopAsync_WithFilter_ReturnsTheBestOfTheRowsThatPass()
    {
        var vectors = Faces.Mixture(2_000, 64, 30, 5);
        var view = Faces.Index(vectors).Snapshot();
        var batch = Faces.Queries(vectors[..4]);
        RowFilter[] filters =
        [
            new() { RankAbove = view.Rank(7) },
            new() { Cameras = new HashSet<int> { 1, 4 } },
            new() { CapturedFrom = 5_000, CapturedBefore = 5_200 },
            new() { Predicate = face => face.Id.Low % 3 == 0, Cameras = new HashSet<int> { 2 } },
            new() { Cameras = new HashSet<int>() },
        ];
        foreach (var filter in filters)
        {
            var found = await ExactSearch.TopAsync(view, batch, 15, filter, ScanScheduling.Inline, TestContext.Current.CancellationToken);
            for (var query = 0; query < batch.Length; query++)
            {
                Assert.Equal(Faces.Scan(view, batch[query].Span, filter).Take(15), found[query]);
            }
        }
    }

    [Fact]
    public async Task TopAsync_EqualSimilarities_AreOrderedById()
    {
        var vector = Faces.Unit(Faces.Gaussian(new Random(1), 128, 1));
        var view = Faces.Index([.. Enumerable.Repeat(vector, 500)]).Snapshot();
        var found = await ExactSearch.TopAsync(view, Faces.Queries([vector]), 20, null, ScanScheduling.Inline, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 500).Select(Faces.Id).Order().Take(20), found[0].Select(row => row.Id));
    }

    [Fact]
    public async Task TopAsync_NoQueriesOrNoRows_IsEmpty()
    {
        var vectors = Faces.Mixture(3, 32, 1, 1);
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Empty(await ExactSearch.TopAsync(Faces.Index(vectors).Snapshot(), [], 5, null, ScanScheduling.Inline, cancellation));
        var empty = await ExactSearch.TopAsync(new ExactIndex(32).Snapshot(), Faces.Queries(vectors), 5, null, ScanScheduling.Inline, cancellation);
        Assert.All(empty, Assert.Empty);
        Assert.Equal(3, empty.Length);
    }

    [Fact]
    public void TopAsync_BadQuery_NamesTheLimit()
    {
        var view = Faces.Index(Faces.Mixture(3, 32, 1, 1)).Snapshot();
        var longer = Assert.Throws<ArgumentException>(() => Start(new float[40]));
        Assert.Contains("40 elements; the index holds 32", longer.Message, StringComparison.Ordinal);
        var zero = Assert.Throws<ArgumentException>(() => Start(new float[32]));
        Assert.Contains("not of unit length", zero.Message, StringComparison.Ordinal);

        void Start(float[] query) => _ = ExactSearch.TopAsync(
            view, Faces.Queries([query]), 1, null, ScanScheduling.Inline, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task TopAsync_Cancelled_Throws()
    {
        var view = Faces.Index(Faces.Mixture(100, 32, 3, 1)).Snapshot();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ExactSearch.TopAsync(
            view, Faces.Queries([view.Vector(0).ToArray()]), 1, null, ScanScheduling.Inline, source.Token));
    }

    internal static T Completed<T>(Task<T> task)
    {
        Assert.True(task.IsCompletedSuccessfully, task.Exception?.ToString());
#pragma warning disable xUnit1031 // The task is complete.
        return task.Result;
#pragma warning restore xUnit1031
    }
}
