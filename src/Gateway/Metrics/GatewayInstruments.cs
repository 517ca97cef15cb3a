using System.Diagnostics;
using System.Diagnostics.Metrics;
using FaceCluster.Gateway.Ingest;
using FaceCluster.V1;
using Google.Rpc;

namespace FaceCluster.Gateway.Metrics;

/// <summary>The gateway's figures. Labels never name cameras, faces or people.</summary>
internal sealed class GatewayInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FaceCluster.Gateway";

    private readonly Meter _meter;
    private readonly Counter<long> _items;
    private readonly Counter<long> _faces;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _acknowledgement;

    public GatewayInstruments(IMeterFactory meters, IngestLimits limits)
    {
        _meter = meters.Create(MeterName);
        _items = _meter.CreateCounter<long>("ingest.items", "{item}", "Items answered, by result: stored, repeated, or the reason of the error.");
        _faces = _meter.CreateCounter<long>("ingest.faces", "{face}", "Faces stored.");
        _bytes = _meter.CreateCounter<long>("ingest.bytes", "By", "Bytes of blocks received.");
        _acknowledgement = _meter.CreateHistogram(
            "ingest.acknowledgement",
            "s",
            "Time from the receipt of a block to its acknowledgement.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _meter.CreateObservableGauge("ingest.streams", () => limits.Streams, "{stream}", "Open ingest streams.");
    }

    /// <summary>Counts a block that has been answered.</summary>
    public void Block(IEnumerable<ItemAcknowledgement> acknowledgements, long bytes, long receivedTimestamp)
    {
        _bytes.Add(bytes);
        _acknowledgement.Record(Stopwatch.GetElapsedTime(receivedTimestamp).TotalSeconds);
        foreach (var group in acknowledgements.GroupBy(Result))
        {
            _items.Add(group.Count(), new KeyValuePair<string, object?>("result", group.Key));
        }

        _faces.Add(acknowledgements.Where(item => !item.Replayed).Sum(item => (long)item.Faces.Count));
    }

    public void Dispose() => _meter.Dispose();

    private static string Result(ItemAcknowledgement item) =>
        item.Error is null ? (item.Replayed ? "repeated" : "stored") : item.Error.GetDetail<ErrorInfo>()?.Reason ?? "error";
}
