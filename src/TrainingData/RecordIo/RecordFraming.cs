using System.Buffers.Binary;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// The framing of the RecordIO format of dmlc-core (recordio.h): parts of a 32-bit magic, a 32-bit word of the part's kind
/// (upper 3 bits) and length (lower 29), the bytes, and zeros up to a multiple of four. A record that contains the magic
/// at a multiple of four is cut there, and the magic left out.
/// </summary>
internal static class RecordFraming
{
    public const uint Magic = 0xCED7230A;
    public const int HeaderLength = 8;
    public const int MaxPartLength = (1 << 29) - 1;

    public const uint Whole = 0;
    public const uint First = 1;
    public const uint Middle = 2;
    public const uint Last = 3;

    /// <summary>The length of a part with its padding.</summary>
    public static int Padded(int length) => (length + 3) & ~3;

    public static uint Word(uint kind, int length) => (kind << 29) | (uint)length;

    public static (uint Kind, int Length) Parse(uint word) => (word >> 29, (int)(word & MaxPartLength));

    /// <summary>Where the next magic at a multiple of four is, or -1.</summary>
    public static int FindMagic(ReadOnlySpan<byte> record, int from)
    {
        for (var at = from; at + sizeof(uint) <= record.Length; at += sizeof(uint))
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(record[at..]) == Magic)
            {
                return at;
            }
        }

        return -1;
    }
}
