using CsCheck;
using FaceCluster.Core;
using FaceCluster.Index.Kernels;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class LinkScanTests
{
    private const int ListLength = 4;

    public static TheoryData<string> Kernels => ExactSearchTests.Kernels;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void LinkAsync_AnyAcceptances_SplitsByRankLikeThePlainScan(string name)
    {
        var kernel = Enum.Parse<ScanKernel>(name);
        Gen.Select(Gen.Int[1, 500], Gen.Double[-0.2, 0.9], Gen.Int[0, 9999]).Sample(
            (rows, threshold, seed) =>
            {
                var vectors = Faces.Mixture(rows, 64, 1 + (rows / 40), seed);
                var index = Faces.Index(vectors, seed);
                var random = new Random(seed);
                var acceptance = new double[rows];
                for (var row = 0; row < rows; row++)
                {
                    // Some rows accept exactly what another row would offer, so that ties occur.
                    acceptance[row] = random.Next(3) switch
                    {
                        0 => double.NegativeInfinity,
                        1 => random.NextDouble(),
                        _ => Similarity.Dot(vectors[row], vectors[random.Next(rows)]),
                    };
                    index.SetAcceptance(row, acceptance[row]);
                }

                for (var i = 0; i < rows / 10; i++)
                {
                    index.Tombstone(random.Next(rows));
                }

                var view = index.Snapshot();
                var queries = Enumerable.Range(0, Math.Min(rows, 7)).Select(_ => random.Next(rows))
                    .Select(row => new LinkQuery(view.Rank(row), vectors[row])).ToArray();
                var results = ExactSearchTests.Completed(
                    ExactSearch.LinkAsync(view, queries, threshold, ListLength, ScanScheduling.Inline, kernel, default));
                for (var i = 0; i < queries.Length; i++)
                {
                    var (rank, unit) = queries[i];
                    var above = Faces.Scan(view, unit.Span).Where(row => row.Similarity > threshold).ToArray();
                    Assert.Equal(above.Where(row => view.Rank(row.Row) > rank).Take(ListLength), results[i].Candidates);
                    Assert.Equal(
                        above.Where(row => view.Rank(row.Row) < rank && row.Similarity >= acceptance[row.Row]), results[i].Offers);
                }
            },
            iter: 50);
    }

    [Fact]
    public async Task LinkAsync_OverSeveralWorkers_EqualsOne()
    {
        var vectors = Faces.Mixture(9_000, 256, 60, 11);
        var view = Faces.Index(vectors).Snapshot();
        var queries = Enumerable.Range(0, 40).Select(i => new LinkQuery(view.Rank(i * 200), vectors[i * 200])).ToArray();
        var cancellation = TestContext.Current.CancellationToken;
        var one = await ExactSearch.LinkAsync(view, queries, 0.4, ListLength, ScanScheduling.Inline, cancellation);
        var many = await ExactSearch.LinkAsync(view, queries, 0.4, ListLength, ScanScheduling.On(TaskScheduler.Default, 4), cancellation);
        for (var i = 0; i < queries.Length; i++)
        {
            Assert.Equal(one[i].Candidates, many[i].Candidates);
            Assert.Equal(one[i].Offers, many[i].Offers);
            Assert.NotEmpty(many[i].Offers.Concat(many[i].Candidates));
        }
    }

    [Fact]
    public async Task LinkAsync_FaceAmongTheRows_IsNotItsOwnNeighbour()
    {
        var vector = Faces.Mixture(1, 32, 1, 1)[0];
        var index = Faces.Index([vector]);
        var result = await ExactSearch.LinkAsync(
            index.Snapshot(), [new LinkQuery(index.Snapshot().Rank(0), vector)], -1, ListLength, ScanScheduling.Inline, TestContext.Current.CancellationToken);
        Assert.Empty(result[0].Candidates);
        Assert.Empty(result[0].Offers);
    }
}
