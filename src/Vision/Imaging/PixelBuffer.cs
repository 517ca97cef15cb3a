using System.Buffers;
using System.Runtime.InteropServices;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// A decoded picture: rows of R, G, B, A bytes without padding, in memory rented from the shared pool. The owner
/// disposes it once; nothing may touch <see cref="Bytes"/> afterwards.
/// </summary>
public sealed class PixelBuffer : IDisposable
{
    /// <summary>Bytes of one pixel.</summary>
    public const int BytesPerPixel = 4;

    private byte[]? _rented;

    private PixelBuffer(byte[] rented, int width, int height)
    {
        _rented = rented;
        Width = width;
        Height = height;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Bytes of one row.</summary>
    public int Stride => Width * BytesPerPixel;

    /// <summary>All rows, top to bottom.</summary>
    public Span<byte> Bytes => Array.AsSpan(0, Stride * Height);

    /// <summary>The same memory as one value a pixel: 0xAABBGGRR on a little-endian machine.</summary>
    public Span<uint> Pixels => MemoryMarshal.Cast<byte, uint>(Bytes);

    internal byte[] Array => _rented ?? throw new ObjectDisposedException(nameof(PixelBuffer));

    /// <summary>Rents memory for a picture. Its content is undefined.</summary>
    public static PixelBuffer Rent(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return new PixelBuffer(ArrayPool<byte>.Shared.Rent(checked(width * height * BytesPerPixel)), width, height);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
