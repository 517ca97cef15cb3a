using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using FaceCluster.Gateway.Ingest;
using FaceCluster.V1;
using Google.Rpc;

namespace FaceCluster.Gateway.Metrics;

/// <summary>The gateway's figures. Labels never name cameras, faces or people.</summary>
/// <remarks>
/// What is counted per block is summed here and read when the metrics are collected: handing every number to the listeners
/// at once cost as much as storing the block.
/// </remarks>
internal sealed class GatewayInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FaceCluster.Gateway";

    private readonly Meter _meter;
    private readonly Histogram<double> _acknowledgement;
    private readonly ConcurrentDictionary<string, StrongBox<long>> _errors = new(StringComparer.Ordinal);
    private long _stored;
    private long _repeated;
    private long _faces;
    private long _bytes;

    public GatewayInstruments(IMeterFactory meters, IngestLimits limits)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableCounter("ingest.items", Items, "{item}", "Items answered, by result: stored, repeated, or the reason of the error.");
        _meter.CreateObservableCounter("ingest.faces", () => Interlocked.Read(ref _faces), "{face}", "Faces stored.");
        _meter.CreateObservableCounter("ingest.bytes", () => Interlocked.Read(ref _bytes), "By", "Bytes of blocks received.");
        _acknowledgement = _meter.CreateHistogram(
            "ingest.acknowledgement",
            "s",
            "Time from the receipt of a block to its acknowledgement.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
        _meter.CreateObservableGauge("ingest.streams", () => limits.Streams, "{stream}", "Open ingest streams.");
    }

    /// <summary>Counts a block that has been answered.</summary>
    public void Block(IReadOnlyList<ItemAcknowledgement> acknowledgements, long bytes, long receivedTimestamp)
    {
        var (stored, repeated, faces) = (0L, 0L, 0L);
        for (var i = 0; i < acknowledgements.Count; i++)
        {
            var item = acknowledgements[i];
            if (item.Error is { } error)
            {
                var count = _errors.GetOrAdd(error.GetDetail<ErrorInfo>()?.Reason ?? "error", static _ => new StrongBox<long>());
                Interlocked.Increment(ref count.Value);
            }
            else if (item.Replayed)
            {
                repeated++;
            }
            else
            {
                stored++;
                faces += item.Faces.Count(static face => face.Refusal == FaceRefusal.Unspecified);
            }
        }

        Interlocked.Add(ref _stored, stored);
        Interlocked.Add(ref _repeated, repeated);
        Interlocked.Add(ref _faces, faces);
        Interlocked.Add(ref _bytes, bytes);
        _acknowledgement.Record(Stopwatch.GetElapsedTime(receivedTimestamp).TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Items()
    {
        yield return Of("stored", Interlocked.Read(ref _stored));
        yield return Of("repeated", Interlocked.Read(ref _repeated));
        foreach (var (reason, count) in _errors)
        {
            yield return Of(reason, Interlocked.Read(ref count.Value));
        }

        static Measurement<long> Of(string result, long count) => new(count, new KeyValuePair<string, object?>("result", result));
    }
}
