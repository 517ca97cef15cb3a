using System.Runtime.InteropServices;
using SkiaSharp;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// Decodes one untrusted JPEG, PNG or WebP into upright RGBA. Everything that can be refused from the header is refused
/// before pixels are allocated. No colour management: recognition models were trained on the stored values.
/// </summary>
public static class ImageDecoder
{
    /// <summary>Decodes <paramref name="encoded"/>; the caller disposes the result. Takes as long as the picture is large: never call it on a grain's turn.</summary>
    /// <exception cref="ImageRefusedException">The picture is not acceptable; the reason and the limit are named.</exception>
    public static PixelBuffer Decode(ReadOnlyMemory<byte> encoded, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        using var stream = new DeadlineStream(encoded, limits.MaxDecodeTime);
        using var codec = Open(encoded, stream, limits);
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        var pixels = PixelBuffer.Rent(info.Width, info.Height);
        try
        {
            CheckDecoded(Fill(codec, info, pixels), stream, limits);
            return Orientation.Upright(pixels, codec.EncodedOrigin);
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    /// <summary>Width times height as the header states them. Checks all that <see cref="Decode"/> checks before it decodes; takes microseconds.</summary>
    /// <exception cref="ImageRefusedException">The picture is not acceptable; the reason and the limit are named.</exception>
    public static long CountPixels(ReadOnlyMemory<byte> encoded, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        using var stream = new DeadlineStream(encoded, limits.MaxDecodeTime);
        using var codec = Open(encoded, stream, limits);
        return (long)codec.Info.Width * codec.Info.Height;
    }

    private static SKCodec Open(ReadOnlyMemory<byte> encoded, DeadlineStream stream, ImageLimits limits)
    {
        CheckLength(encoded.Length, limits);
        ImageSignature.Check(encoded.Span);
        var codec = SKCodec.Create(stream, out var opened);
        if (codec is null)
        {
            throw stream.Expired ? TimedOut(limits) : opened == SKCodecResult.IncompleteInput ? Truncated() : Corrupt();
        }

        try
        {
            CheckHeader(codec, limits);
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private static SKCodecResult Fill(SKCodec codec, SKImageInfo info, PixelBuffer pixels)
    {
        var pin = GCHandle.Alloc(pixels.Array, GCHandleType.Pinned);
        try
        {
            return codec.GetPixels(info, pin.AddrOfPinnedObject());
        }
        finally
        {
            pin.Free();
        }
    }

    private static void CheckLength(int length, ImageLimits limits)
    {
        if (length == 0)
        {
            throw new ImageRefusedException(ImageRefusal.ImageEmpty, "The picture has no bytes.");
        }

        if (length > limits.MaxBytes)
        {
            throw new ImageRefusedException(ImageRefusal.ImageTooManyBytes, $"The picture has {length:N0} bytes; at most {limits.MaxBytes:N0} are accepted.");
        }
    }

    private static void CheckHeader(SKCodec codec, ImageLimits limits)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (codec.FrameCount > 1)
        {
            throw ImageSignature.Animated();
        }

        if (width > limits.MaxSide || height > limits.MaxSide || (long)width * height > limits.MaxPixels)
        {
            throw new ImageRefusedException(
                ImageRefusal.ImageTooLarge,
                $"The picture is {width:N0}x{height:N0} pixels; at most {limits.MaxPixels:N0} pixels and {limits.MaxSide:N0} a side are accepted.");
        }

        if (width < limits.MinSide || height < limits.MinSide)
        {
            throw new ImageRefusedException(ImageRefusal.ImageTooSmall, $"The picture is {width}x{height} pixels; at least {limits.MinSide} a side are needed.");
        }
    }

    private static void CheckDecoded(SKCodecResult result, DeadlineStream stream, ImageLimits limits)
    {
        if (stream.Expired)
        {
            throw TimedOut(limits);
        }

        if (result != SKCodecResult.Success)
        {
            throw result == SKCodecResult.IncompleteInput ? Truncated() : Corrupt();
        }
    }

    private static ImageRefusedException Truncated() =>
        new(ImageRefusal.ImageTruncated, "The picture is truncated: its data ends before its last row.");

    private static ImageRefusedException Corrupt() =>
        new(ImageRefusal.ImageCorrupt, "The picture is corrupt: its data contradicts its format.");

    private static ImageRefusedException TimedOut(ImageLimits limits) =>
        new(ImageRefusal.ImageDecodeTimeout, $"Decoding the picture took longer than {limits.MaxDecodeTime.TotalSeconds:0.###} s.");
}
