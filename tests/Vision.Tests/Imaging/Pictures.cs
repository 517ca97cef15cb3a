using System.Buffers.Binary;
using System.IO.Hashing;
using SkiaSharp;

namespace FaceCluster.Vision.Tests.Imaging;

/// <summary>Small pictures drawn for the tests, and the ways in which files are broken.</summary>
internal static class Pictures
{
    /// <summary>Four quadrants: red, green, blue, white from the upper left to the lower right.</summary>
    public static byte[] Quadrants(int width, int height, SKEncodedImageFormat format, int quality = 95)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        {
            Fill(canvas, 0, 0, width / 2, height / 2, new SKColor(255, 0, 0));
            Fill(canvas, width / 2, 0, width, height / 2, new SKColor(0, 255, 0));
            Fill(canvas, 0, height / 2, width / 2, height, new SKColor(0, 0, 255));
            Fill(canvas, width / 2, height / 2, width, height, new SKColor(255, 255, 255));
        }

        return Encode(bitmap, format, quality);
    }

    /// <summary>A picture with detail everywhere, so that its data cannot be cut without loss.</summary>
    public static byte[] Noise(int width, int height, SKEncodedImageFormat format, int seed = 1)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var random = new Random(seed);
        var pixels = bitmap.GetPixelSpan();
        random.NextBytes(pixels);
        for (var i = 3; i < pixels.Length; i += 4)
        {
            pixels[i] = 255;
        }

        return Encode(bitmap, format, 90);
    }

    /// <summary>A JPEG with an EXIF block that holds only the orientation.</summary>
    public static byte[] WithOrientation(byte[] jpeg, int orientation)
    {
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1,
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    /// <summary>A PNG with another size in its header; its data stay as they are.</summary>
    public static byte[] WithPngSize(byte[] png, uint width, uint height)
    {
        var changed = png.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(16), width);
        BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(20), height);
        BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(29), Crc32.HashToUInt32(changed.AsSpan(12, 17)));
        return changed;
    }

    /// <summary>A PNG that declares an animation of two frames.</summary>
    public static byte[] AnimatedPng(byte[] png)
    {
        byte[] body = [.. "acTL"u8, 0, 0, 0, 2, 0, 0, 0, 0];
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32.HashToUInt32(body));
        return [.. png[..33], 0, 0, 0, 8, .. body, .. crc, .. png[33..]];
    }

    /// <summary>A WebP animation of two equal frames (WebP container specification, "Animation").</summary>
    public static byte[] AnimatedWebP(int width, int height)
    {
        var still = Quadrants(width, height, SKEncodedImageFormat.Webp, 100);
        var image = still.AsSpan(12);
        while (!image[..3].SequenceEqual("VP8"u8) || image[3] == 'X')
        {
            image = image[(8 + BinaryPrimitives.ReadInt32LittleEndian(image[4..]) + 1 & ~1)..];
        }

        byte[] frame = Chunk("ANMF", [.. Int24(0), .. Int24(0), .. Int24(width - 1), .. Int24(height - 1), .. Int24(100), 0, .. image]);
        byte[] chunks =
        [
            .. "WEBP"u8,
            .. Chunk("VP8X", [0x02, 0, 0, 0, .. Int24(width - 1), .. Int24(height - 1)]),
            .. Chunk("ANIM", [0, 0, 0, 0, 0, 0]),
            .. frame,
            .. frame,
        ];
        return Chunk("RIFF", chunks);
    }

    public static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format, int quality)
    {
        using var data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    private static void Fill(SKCanvas canvas, int left, int top, int right, int bottom, SKColor color)
    {
        using var paint = new SKPaint { Color = color, IsAntialias = false };
        canvas.DrawRect(new SKRect(left, top, right, bottom), paint);
    }

    private static byte[] Chunk(string name, byte[] body)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, body.Length);
        return [.. System.Text.Encoding.ASCII.GetBytes(name), .. length, .. body, .. new byte[body.Length % 2]];
    }

    private static byte[] Int24(int value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16)];
}
