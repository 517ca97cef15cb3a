using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Vision.Inference;

/// <summary>The figures of the vision path, on the meter "FaceCluster.Vision".</summary>
internal sealed class VisionInstruments : IDisposable
{
    private readonly Meter _meter = new("FaceCluster.Vision");
    private readonly ConcurrentDictionary<string, Func<int>> _queues = new();
    private readonly ConcurrentDictionary<string, string> _providers = new();
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _batchDuration;
    private readonly Histogram<double> _decodeDuration;
    private readonly Counter<long> _pictures;
    private readonly Counter<long> _faces;
    private readonly Counter<long> _omitted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _overloaded;

    public VisionInstruments()
    {
        _batchSize = _meter.CreateHistogram<int>("batch.size", "{picture}", "Pictures per run of a model");
        _batchDuration = _meter.CreateHistogram<double>("batch.duration", "s", "Time of one run of a model");
        _decodeDuration = _meter.CreateHistogram<double>("decode.duration", "s", "Time to decode a picture");
        _pictures = _meter.CreateCounter<long>("pictures", "{picture}", "Pictures analysed");
        _faces = _meter.CreateCounter<long>("faces", "{face}", "Faces embedded");
        _omitted = _meter.CreateCounter<long>("faces.omitted", "{face}", "Faces found beyond the limit of a picture");
        _refused = _meter.CreateCounter<long>("refused", "{picture}", "Pictures refused, by reason");
        _overloaded = _meter.CreateCounter<long>("overloaded", "{picture}", "Pictures turned away because too many were waiting");
        _meter.CreateObservableGauge("queue", Queues, "{picture}", "Pictures that wait for a model");
        _meter.CreateObservableGauge("provider", Providers, "1", "1 for the provider a model really runs on");
    }

    public void ObserveQueue(string model, Func<int> length) => _queues[model] = length;

    public void ReportProvider(OnnxModel model) => _providers[model.Name] = Tag(model.Provider);

    public void RecordBatch(OnnxModel model, int count, TimeSpan elapsed)
    {
        var tags = new TagList { { "model", model.Name }, { "provider", Tag(model.Provider) } };
        _batchSize.Record(count, tags);
        _batchDuration.Record(elapsed.TotalSeconds, tags);
    }

    public void RecordDecode(TimeSpan elapsed) => _decodeDuration.Record(elapsed.TotalSeconds);

    public void RecordPicture(int faces, int omitted)
    {
        _pictures.Add(1);
        _faces.Add(faces);
        _omitted.Add(omitted);
    }

    public void RecordRefused(ImageRefusal reason) => _refused.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    public void RecordOverloaded() => _overloaded.Add(1);

    public void Dispose() => _meter.Dispose();

    private static string Tag(InferenceProvider provider) => provider == InferenceProvider.Cuda ? "cuda" : "cpu";

    private IEnumerable<Measurement<int>> Queues() =>
        _queues.Select(queue => new Measurement<int>(queue.Value(), new KeyValuePair<string, object?>("model", queue.Key)));

    private IEnumerable<Measurement<int>> Providers() =>
        _providers.Select(entry => new Measurement<int>(
            1,
            new KeyValuePair<string, object?>("model", entry.Key),
            new KeyValuePair<string, object?>("provider", entry.Value)));
}
