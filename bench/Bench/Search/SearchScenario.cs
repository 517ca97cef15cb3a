using FaceCluster.Index.Benchmarking;

namespace FaceCluster.Bench.Search;

/// <summary>Figures of the index alone; bench/peers/search_peers.py puts them beside other programs.</summary>
internal static class SearchScenario
{
    /// <summary>Runs the measurement of that name of <see cref="BenchmarkCommand"/>.</summary>
    public static Func<string[], Task<int>> Named(string measurement) =>
        arguments => BenchmarkCommand.RunAsync([measurement, .. arguments], Console.In, Console.Out, Console.Error);
}
