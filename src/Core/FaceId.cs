using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace FaceCluster.Core;

/// <summary>
/// The 128-bit name of a face. It is derived from where the face was seen, so the same item sent twice has the same
/// id, whoever computes it. Its text form is 32 lower-case hexadecimal digits.
/// </summary>
/// <param name="High">The upper 64 bits.</param>
/// <param name="Low">The lower 64 bits.</param>
public readonly record struct FaceId(ulong High, ulong Low) : IComparable<FaceId>
{
    /// <summary>Length of the binary form in bytes.</summary>
    public const int Size = 16;

    private const int SlotBits = 12;

    /// <summary>The slot of the camera that saw the face, 0 to 4095; the collection's map leads from it to the shard.</summary>
    public int Slot => (int)(High >> (64 - SlotBits));

    /// <summary>The id that no face has; stands for "none".</summary>
    public static FaceId None => default;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => (High | Low) == 0;

    /// <summary>
    /// Derives the id of the face number <paramref name="index"/> of one item: the first 128 bits of SHA-256 over the
    /// length-prefixed collection and camera, the sequence number and the index (little-endian), of which the upper 12
    /// are replaced by the camera's <see cref="Slot"/>.
    /// </summary>
    public static FaceId Derive(string collection, string camera, long sequence, int index)
    {
        ArgumentException.ThrowIfNullOrEmpty(collection);
        ArgumentException.ThrowIfNullOrEmpty(camera);
        var maximum = 8 + Encoding.UTF8.GetMaxByteCount(collection.Length) + Encoding.UTF8.GetMaxByteCount(camera.Length) + 12;
        Span<byte> buffer = maximum <= 512 ? stackalloc byte[maximum] : new byte[maximum];
        var length = WriteText(buffer, 0, collection);
        length = WriteText(buffer, length, camera);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[length..], sequence);
        BinaryPrimitives.WriteInt32LittleEndian(buffer[(length + 8)..], index);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer[..(length + 12)], digest);
        var id = Read(digest);
        return id with { High = (id.High & (ulong.MaxValue >> SlotBits)) | ((ulong)CameraSlot.Of(camera) << (64 - SlotBits)) };
    }

    /// <summary>Reads the 16-byte big-endian binary form, whose byte order is the order of <see cref="CompareTo"/>.</summary>
    public static FaceId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes the 16-byte big-endian binary form.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Parses the text form; <see langword="false"/> for anything but 32 hexadecimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out FaceId id)
    {
        id = default;
        if (text is not { Length: 32 }
            || !ulong.TryParse(text.AsSpan(0, 16), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var high)
            || !ulong.TryParse(text.AsSpan(16), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var low))
        {
            return false;
        }

        id = new FaceId(high, low);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(FaceId other)
    {
        var order = High.CompareTo(other.High);
        return order != 0 ? order : Low.CompareTo(other.Low);
    }

    /// <summary>The text form: 32 lower-case hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";

    public static bool operator <(FaceId left, FaceId right) => left.CompareTo(right) < 0;

    public static bool operator >(FaceId left, FaceId right) => left.CompareTo(right) > 0;

    public static bool operator <=(FaceId left, FaceId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FaceId left, FaceId right) => left.CompareTo(right) >= 0;

    private static int WriteText(Span<byte> buffer, int at, string text)
    {
        var written = Encoding.UTF8.GetBytes(text, buffer[(at + 4)..]);
        BinaryPrimitives.WriteInt32LittleEndian(buffer[at..], written);
        return at + 4 + written;
    }
}
