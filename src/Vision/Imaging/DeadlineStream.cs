using System.Diagnostics;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// Feeds a decoder from memory and ends early once a deadline has passed. A native decoder cannot be interrupted, but
/// it asks for its data in small pieces; a stream that ends makes it stop by itself.
/// </summary>
internal sealed class DeadlineStream(ReadOnlyMemory<byte> data, TimeSpan limit) : Stream
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _position;

    /// <summary>Whether the stream ended because of the deadline.</summary>
    public bool Expired { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => data.Length;

    public override long Position
    {
        get => _position;
        set => _position = (int)Math.Clamp(value, 0, data.Length);
    }

    public override int Read(Span<byte> buffer)
    {
        Expired |= Stopwatch.GetElapsedTime(_start) > limit;
        if (Expired)
        {
            return 0;
        }

        var count = Math.Min(buffer.Length, data.Length - _position);
        data.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => data.Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
