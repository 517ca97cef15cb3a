using System.Diagnostics.Metrics;

namespace FaceCluster.Grains.Shards;

/// <summary>What the shards of a silo count. Never with a face, an embedding or a camera as a label.</summary>
internal static class ShardInstruments
{
    private static readonly Meter Meter = new("FaceCluster.Shards");
    private static readonly Counter<long> StoredFaces = Meter.CreateCounter<long>("facecluster_faces_stored", description: "Faces committed.");
    private static readonly Counter<long> LinkedFaces = Meter.CreateCounter<long>("facecluster_faces_linked", description: "Faces that found their place.");
    private static readonly Counter<long> ScannedQueries = Meter.CreateCounter<long>("facecluster_scan_queries", description: "Queries answered by scans.");
    private static readonly Counter<long> Scans = Meter.CreateCounter<long>("facecluster_scans", description: "Scans run.");

    private static readonly Histogram<double> LinkLag = Meter.CreateHistogram<double>(
        "facecluster_link_lag_seconds",
        unit: "s",
        description: "From the commit of a face to its place in the forest.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    private static readonly Histogram<int> ScanSize = Meter.CreateHistogram(
        "facecluster_scan_size",
        unit: "{query}",
        description: "Queries that shared one scan.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128] });

    private static readonly Counter<long> ApproximateQueries = Meter.CreateCounter<long>(
        "facecluster_approximate_queries", description: "Queries answered from an approximate index.");

    public static void Stored(int faces) => StoredFaces.Add(faces);

    public static void Linked(double lagSeconds)
    {
        LinkedFaces.Add(1);
        LinkLag.Record(lagSeconds);
    }

    public static void Scanned(int queries)
    {
        Scans.Add(1);
        ScannedQueries.Add(queries);
        ScanSize.Record(queries);
    }

    public static void Approximated(int queries) => ApproximateQueries.Add(queries);
}
