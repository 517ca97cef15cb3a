using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Google.Protobuf.Reflection;

namespace FaceCluster.Cli.Ingest;

/// <summary>Counts what became of the items of an ingest. Safe for concurrent use.</summary>
public sealed class IngestTally
{
    private readonly Lock _lock = new();
    private readonly List<double> _latencies = [];
    private readonly SortedDictionary<string, int> _refused = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _errors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _revisions = new(StringComparer.Ordinal);
    private long _items;
    private long _faces;
    private long _replayed;

    /// <summary>Items answered.</summary>
    public long Items => Interlocked.Read(ref _items);

    /// <summary>Faces stored (now or, for repeated items, before).</summary>
    public long Faces => Interlocked.Read(ref _faces);

    /// <summary>Items that the server had before, and copies among the files.</summary>
    public long Replayed => Interlocked.Read(ref _replayed);

    /// <summary>Faces that were found and not stored, by reason.</summary>
    public IReadOnlyDictionary<string, int> Refused => Copy(_refused);

    /// <summary>Items that were refused as a whole, by reason.</summary>
    public IReadOnlyDictionary<string, int> Errors => Copy(_errors);

    /// <summary>The last revision token per camera: a read with it sees all faces of that camera in their clusters.</summary>
    public IReadOnlyCollection<string> Revisions
    {
        get
        {
            lock (_lock)
            {
                return [.. _revisions.Values];
            }
        }
    }

    /// <summary>Counts an answer.</summary>
    public void Add(ItemAcknowledgement acknowledgement, TimeSpan latency)
    {
        lock (_lock)
        {
            _items++;
            _latencies.Add(latency.TotalMilliseconds);
            if (acknowledgement.Error is { } error)
            {
                Count(_errors, RpcErrorText.ReasonOf(error) ?? ((Grpc.Core.StatusCode)error.Code).ToString());
                return;
            }

            _replayed += acknowledgement.Replayed ? 1 : 0;
            if (!string.IsNullOrEmpty(acknowledgement.Revision))
            {
                _revisions[acknowledgement.Camera] = acknowledgement.Revision;
            }

            foreach (var face in acknowledgement.Faces)
            {
                if (face.Refusal == FaceRefusal.Unspecified)
                {
                    _faces++;
                }
                else
                {
                    Count(_refused, NameOf(face.Refusal));
                }
            }
        }
    }

    /// <summary>Counts an item that was refused here, before it was sent.</summary>
    public void AddError(string reason)
    {
        lock (_lock)
        {
            _items++;
            Count(_errors, reason);
        }
    }

    /// <summary>Counts a file that is a copy of another one of the same camera and was therefore not sent.</summary>
    public void AddDuplicate()
    {
        lock (_lock)
        {
            _items++;
            _replayed++;
        }
    }

    /// <summary>A quantile (0 to 1) of the time from sending to acknowledgement, in milliseconds; 0 without items.</summary>
    public double LatencyQuantile(double quantile)
    {
        lock (_lock)
        {
            return Quantile(_latencies, quantile);
        }
    }

    /// <summary>The nearest-rank quantile of the values; 0 where there are none.</summary>
    public static double Quantile(IReadOnlyCollection<double> values, double quantile)
    {
        if (values.Count == 0)
        {
            return 0;
        }

        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(quantile * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>The reason as people read it: "too small" for FACE_REFUSAL_TOO_SMALL.</summary>
    public static string NameOf(FaceRefusal refusal)
    {
        var name = typeof(FaceRefusal).GetField(refusal.ToString())?.GetCustomAttributes(typeof(OriginalNameAttribute), false)
            .OfType<OriginalNameAttribute>().FirstOrDefault()?.Name ?? refusal.ToString();
        return name.Replace("FACE_REFUSAL_", "", StringComparison.Ordinal).ToLowerInvariant();
    }

    private static void Count(SortedDictionary<string, int> counts, string reason) =>
        counts[reason] = counts.GetValueOrDefault(reason) + 1;

    private SortedDictionary<string, int> Copy(SortedDictionary<string, int> counts)
    {
        lock (_lock)
        {
            return new SortedDictionary<string, int>(counts, StringComparer.Ordinal);
        }
    }
}
