using CsCheck;
using FaceCluster.Index.Graph;
using FaceCluster.Index.Kernels;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class KnnGraphTests
{
    public static TheoryData<string> Kernels => ExactSearchTests.Kernels;

    [Theory]
    [MemberData(nameof(Kernels))]
    public void BuildAsync_AnySet_EqualsThePlainScan(string name)
    {
        var kernel = Enum.Parse<ScanKernel>(name);
        Gen.Select(Gen.Int[1, 400], Gen.Int[1, 90], Gen.Bool, Gen.Int[0, 9999]).Sample(
            (rows, k, includeSelf, seed) =>
            {
                var index = Faces.Index(Faces.Mixture(rows, 64, 1 + (rows / 30), seed), seed);
                for (var row = 5; row < rows; row += 17)
                {
                    index.Tombstone(row);
                }

                var view = index.Snapshot();
                var options = new KnnGraphOptions { K = k, IncludeSelf = includeSelf };
                var graph = ExactSearchTests.Completed(KnnGraphBuilder.BuildAsync(view, options, kernel, default));
                AssertPlain(view, graph, includeSelf);
            },
            iter: 30);
    }

    [Fact]
    public async Task BuildAsync_OverSeveralWorkersWithManyDuplicates_EqualsThePlainScan()
    {
        var few = Faces.Mixture(8, 32, 4, 2);
        var vectors = Enumerable.Range(0, 1_500).Select(i => few[i % few.Length]).ToArray();
        var view = Faces.Index(vectors).Snapshot();
        var reports = new List<double>();
        var options = new KnnGraphOptions
        {
            K = 10,
            Scheduling = ScanScheduling.On(TaskScheduler.Default, 4),
            Progress = new Recorder(reports),
        };
        var graph = await KnnGraphBuilder.BuildAsync(view, options, TestContext.Current.CancellationToken);
        AssertPlain(view, graph, includeSelf: false);
        Assert.Equal(1, reports[^1]);
        Assert.Equal(reports.Order(), reports);
    }

    [Fact]
    public async Task BuildAsync_Cancelled_Throws()
    {
        var view = Faces.Index(Faces.Mixture(2_000, 32, 50, 3)).Snapshot();
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => KnnGraphBuilder.BuildAsync(view, new KnnGraphOptions(), source.Token));
    }

    private static void AssertPlain(IndexView view, KnnGraph graph, bool includeSelf)
    {
        for (var row = 0; row < view.Count; row++)
        {
            var expected = view.IsDeleted(row)
                ? []
                : Faces.Scan(view, view.Vector(row)).Where(other => includeSelf || other.Row != row).Take(graph.K).ToArray();
            Assert.Equal(expected.Select(other => other.Row), graph.Neighbours(row).ToArray());
            Assert.Equal(expected.Select(other => other.Similarity), graph.Similarities(row).ToArray());
        }
    }

    private sealed class Recorder(List<double> reports) : IProgress<double>
    {
        public void Report(double value)
        {
            lock (reports)
            {
                reports.Add(value);
            }
        }
    }
}
