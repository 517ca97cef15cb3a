using System.Runtime.InteropServices;
using SkiaSharp;

namespace FaceCluster.Vision.Imaging;

/// <summary>Encodes pixels, for crops that people look at.</summary>
public static class ImageEncoder
{
    /// <summary>Encodes as JPEG of <paramref name="quality"/> 1 to 100.</summary>
    public static byte[] Jpeg(PixelBuffer pixels, int quality = 92) => Encode(pixels, SKEncodedImageFormat.Jpeg, quality);

    /// <summary>Encodes as PNG: the pixels survive exactly.</summary>
    public static byte[] Png(PixelBuffer pixels) => Encode(pixels, SKEncodedImageFormat.Png, 100);

    private static byte[] Encode(PixelBuffer pixels, SKEncodedImageFormat format, int quality)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        var info = new SKImageInfo(pixels.Width, pixels.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        var pin = GCHandle.Alloc(pixels.Array, GCHandleType.Pinned);
        try
        {
            using var map = new SKPixmap(info, pin.AddrOfPinnedObject(), pixels.Stride);
            using var data = map.Encode(format, quality)
                ?? throw new InvalidOperationException($"{format} encoding of {pixels.Width}x{pixels.Height} pixels failed.");
            return data.ToArray();
        }
        finally
        {
            pin.Free();
        }
    }
}
