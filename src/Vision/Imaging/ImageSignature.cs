using System.Buffers.Binary;

namespace FaceCluster.Vision.Imaging;

/// <summary>
/// What a file claims to be by its first bytes. Only three formats reach the decoder, so the codecs of all others are
/// no part of what a sender can attack.
/// </summary>
internal static class ImageSignature
{
    private static ReadOnlySpan<byte> Png => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Throws unless the bytes begin like a JPEG, a PNG with one frame, or a WebP.</summary>
    /// <exception cref="ImageRefusedException">Anything else.</exception>
    public static void Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) || IsWebP(bytes))
        {
            return;
        }

        if (bytes.StartsWith(Png))
        {
            if (IsAnimatedPng(bytes))
            {
                throw Animated();
            }

            return;
        }

        throw Recognise(bytes) is { } name
            ? new ImageRefusedException(ImageRefusal.ImageFormatUnsupported, $"{name} is not accepted; send JPEG, PNG or WebP.")
            : new ImageRefusedException(ImageRefusal.NotAnImage, "The bytes are not a picture; send JPEG, PNG or WebP.");
    }

    public static ImageRefusedException Animated() =>
        new(ImageRefusal.ImageAnimated, "The picture is animated; send its frames one by one.");

    private static bool IsWebP(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..12].SequenceEqual("WEBP"u8);

    /// <summary>An animated PNG has an acTL chunk before its first IDAT (PNG 3rd edition, 11.3.6.1); decoders without it show one frame.</summary>
    private static bool IsAnimatedPng(ReadOnlySpan<byte> bytes)
    {
        for (long at = Png.Length; at + 8 <= bytes.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[(int)at..]);
            var type = bytes.Slice((int)at + 4, 4);
            if (type.SequenceEqual("IDAT"u8))
            {
                return false;
            }

            if (type.SequenceEqual("acTL"u8))
            {
                return at + 12 > bytes.Length || BinaryPrimitives.ReadUInt32BigEndian(bytes[((int)at + 8)..]) != 1;
            }

            at += 12L + length;
        }

        return false;
    }

    private static string? Recognise(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("GIF8"u8))
        {
            return "GIF";
        }

        if (bytes.StartsWith("BM"u8) && bytes.Length > 14)
        {
            return "BMP";
        }

        if (bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8))
        {
            return "TIFF";
        }

        if (bytes.StartsWith("%PDF"u8))
        {
            return "PDF";
        }

        return bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8) ? "HEIF, AVIF or video" : null;
    }
}
