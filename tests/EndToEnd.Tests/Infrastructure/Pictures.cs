using System.Buffers.Binary;
using System.IO.Hashing;
using Google.Protobuf;
using SkiaSharp;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>Pictures, good and bad.</summary>
internal static class Pictures
{
    /// <summary>A JPEG of noise: every decoder has work with it.</summary>
    public static ByteString Noise(int width, int height, SKEncodedImageFormat format = SKEncodedImageFormat.Jpeg)
    {
        var random = new Random(width + height);
        using var bitmap = new SKBitmap(width, height);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((uint)random.Next() | 0xFF000000));
            }
        }

        return Encode(bitmap, format);
    }

    /// <summary>A picture many times beside itself, each copy of the given size.</summary>
    public static ByteString Tile(byte[] picture, int columns, int rows, int size)
    {
        using var one = SKBitmap.Decode(picture);
        using var all = new SKBitmap(columns * size, rows * size);
        using var canvas = new SKCanvas(all);
        using var image = SKImage.FromBitmap(one);
        for (var y = 0; y < rows; y++)
        {
            for (var x = 0; x < columns; x++)
            {
                canvas.DrawImage(image, SKRect.Create(x * size, y * size, size, size), SKSamplingOptions.Default);
            }
        }

        canvas.Flush();
        return Encode(all, SKEncodedImageFormat.Jpeg);
    }

    /// <summary>A PNG of a few bytes whose header claims a picture of many gigabytes.</summary>
    public static ByteString Bomb()
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, 60_000);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 60_000);
        header[8] = 8;
        header[9] = 6;
        using var png = new MemoryStream();
        png.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(png, "IHDR"u8, header);
        Chunk(png, "IDAT"u8, [0x78, 0x9C, 0x63, 0, 0, 0, 1, 0, 1]);
        Chunk(png, "IEND"u8, []);
        return ByteString.CopyFrom(png.ToArray());
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        byte[] body = [.. type, .. data];
        png.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
        png.Write(number);
    }

    private static ByteString Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using var data = bitmap.Encode(format, 90);
        return ByteString.CopyFrom(data.AsSpan());
    }
}
