using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

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

    /// <summary>The id of the face number <paramref name="index"/> of one item; see <see cref="FaceIdSource"/>.</summary>
    public static FaceId Derive(string collection, string camera, long sequence, int index) =>
        new FaceIdSource(collection, camera).Derive(sequence, index);

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

    internal FaceId WithSlot(int slot) =>
        this with { High = (High & (ulong.MaxValue >> SlotBits)) | ((ulong)slot << (64 - SlotBits)) };
}
