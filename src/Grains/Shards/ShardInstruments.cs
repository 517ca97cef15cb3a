using System.Diagnostics.Metrics;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// What the shards of a silo count. Never with a face, an embedding or a camera as a label. Sums are read when the metrics
/// are collected: telling the listeners of every block would cost the turn more than the count is worth.
/// </summary>
internal static class ShardInstruments
{
    private static readonly Meter Meter = new("FaceCluster.Shards");
    private static long _stored;
    private static long _linked;
    private static long _queries;
    private static long _scans;
    private static long _approximate;

    private static readonly Histogram<double> LinkLag = Meter.CreateHistogram<double>(
        "link.lag",
        unit: "s",
        description: "From the commit of a face to its place in the forest.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    private static readonly Histogram<int> ScanSize = Meter.CreateHistogram(
        "scan.size",
        unit: "{query}",
        description: "Queries that shared one scan.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    static ShardInstruments()
    {
        Meter.CreateObservableCounter("faces.stored", static () => Interlocked.Read(ref _stored), "{face}", "Faces committed.");
        Meter.CreateObservableCounter("faces.linked", static () => Interlocked.Read(ref _linked), "{face}", "Faces that found their place.");
        Meter.CreateObservableCounter("scan.queries", static () => Interlocked.Read(ref _queries), "{query}", "Queries answered by scans.");
        Meter.CreateObservableCounter("scans", static () => Interlocked.Read(ref _scans), "{scan}", "Scans run.");
        Meter.CreateObservableCounter("approximate.queries", static () => Interlocked.Read(ref _approximate), "{query}", "Queries answered from an approximate index.");
    }

    public static void Stored(int faces) => Interlocked.Add(ref _stored, faces);

    public static void Linked(double lagSeconds)
    {
        Interlocked.Increment(ref _linked);
        LinkLag.Record(lagSeconds);
    }

    public static void Scanned(int queries)
    {
        Interlocked.Increment(ref _scans);
        Interlocked.Add(ref _queries, queries);
        ScanSize.Record(queries);
    }

    public static void Approximated(int queries) => Interlocked.Add(ref _approximate, queries);
}
