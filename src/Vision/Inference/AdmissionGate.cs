using System.Diagnostics;

namespace FaceCluster.Vision.Inference;

/// <summary>
/// Bounds how many pictures, and how many encoded bytes, are in the engine. It never waits: the sender is told when to
/// come back, which keeps the queue where it can be seen.
/// </summary>
internal sealed class AdmissionGate(int maxCount, long maxBytes)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private int _count;
    private long _bytes;
    private long _lastLeave;
    private double _secondsPerPicture;

    /// <summary>Pictures inside.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Lets a picture of <paramref name="bytes"/> in, or says after which time to try again. A single picture always fits.</summary>
    public bool TryEnter(int bytes, out TimeSpan retryAfter)
    {
        lock (_lock)
        {
            if (_count >= maxCount || (_count > 0 && _bytes + bytes > maxBytes))
            {
                // By then about half of those inside have left, at the pace of late.
                retryAfter = TimeSpan.FromSeconds(Math.Clamp(_count * _secondsPerPicture / 2, Shortest.TotalSeconds, Longest.TotalSeconds));
                return false;
            }

            if (_count == 0)
            {
                // Time in which nothing was inside says nothing about the pace.
                _lastLeave = Stopwatch.GetTimestamp();
            }

            _count++;
            _bytes += bytes;
            retryAfter = TimeSpan.Zero;
            return true;
        }
    }

    /// <summary>Records that a picture of <paramref name="bytes"/> has left.</summary>
    public void Leave(int bytes)
    {
        lock (_lock)
        {
            _count--;
            _bytes -= bytes;
            var now = Stopwatch.GetTimestamp();
            var elapsed = Stopwatch.GetElapsedTime(_lastLeave, now).TotalSeconds;
            _lastLeave = now;
            _secondsPerPicture = _secondsPerPicture == 0 ? elapsed : (0.95 * _secondsPerPicture) + (0.05 * elapsed);
        }
    }
}
