using System.Diagnostics.Metrics;

namespace FaceCluster.Gateway.Metrics;

/// <summary>The buckets of a histogram: those its instrument advises, else powers of ten in thirds from 1 ms to 10 s.</summary>
internal static class HistogramBuckets
{
    private static readonly double[] Default = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

    public static double[] Of(Instrument instrument) =>
        Advised<double>(instrument) ?? Advised<float>(instrument) ?? Advised<long>(instrument) ?? Advised<int>(instrument) ?? Default;

    private static double[]? Advised<T>(Instrument instrument)
        where T : struct, IConvertible =>
        instrument is Histogram<T> { Advice.HistogramBucketBoundaries: { Count: > 0 } boundaries }
            ? [.. boundaries.Select(boundary => boundary.ToDouble(System.Globalization.CultureInfo.InvariantCulture))]
            : null;
}
