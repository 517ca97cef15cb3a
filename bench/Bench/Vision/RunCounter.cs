using System.Diagnostics.Metrics;

namespace FaceCluster.Bench.Vision;

/// <summary>Counts, by the engine's own metrics, how many pictures went through each model.</summary>
internal sealed class RunCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _pictures = [];

    public RunCounter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Name: "batch.size", Meter.Name: "FaceCluster.Vision" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((_, count, tags, _) =>
        {
            foreach (var (key, value) in tags)
            {
                if (key == "model")
                {
                    lock (_pictures)
                    {
                        _pictures[(string)value!] = _pictures.GetValueOrDefault((string)value!) + count;
                    }
                }
            }
        });
        _listener.Start();
    }

    /// <summary>The counts so far.</summary>
    public Dictionary<string, long> Take()
    {
        lock (_pictures)
        {
            return new Dictionary<string, long>(_pictures);
        }
    }

    public void Dispose() => _listener.Dispose();
}
