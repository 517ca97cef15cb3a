using System.Runtime.InteropServices;
using SkiaSharp;

namespace FaceCluster.Vision.Imaging;

/// <summary>Resizes pictures with a filter that takes every source pixel into account when it shrinks.</summary>
public static class ImageScaler
{
    private static readonly SKSamplingOptions Smooth = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    /// <summary>Returns a new picture of the given size; the caller disposes it.</summary>
    public static PixelBuffer Scale(PixelBuffer source, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(source);
        var target = PixelBuffer.Rent(width, height);
        if (width == source.Width && height == source.Height)
        {
            source.Bytes.CopyTo(target.Bytes);
            return target;
        }

        var from = GCHandle.Alloc(source.Array, GCHandleType.Pinned);
        var to = GCHandle.Alloc(target.Array, GCHandleType.Pinned);
        try
        {
            using var fromMap = new SKPixmap(Info(source), from.AddrOfPinnedObject(), source.Stride);
            using var toMap = new SKPixmap(Info(target), to.AddrOfPinnedObject(), target.Stride);
            if (!fromMap.ScalePixels(toMap, Smooth))
            {
                target.Dispose();
                throw new InvalidOperationException($"Scaling {source.Width}x{source.Height} to {width}x{height} pixels failed.");
            }

            return target;
        }
        finally
        {
            to.Free();
            from.Free();
        }
    }

    private static SKImageInfo Info(PixelBuffer pixels) =>
        new(pixels.Width, pixels.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
}
