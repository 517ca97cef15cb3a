using System.Buffers.Binary;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>
/// First 40 bytes of a record, little-endian: body length u32, CRC-32C u32 over the file's salt, length and all that follows,
/// type u8, magic "FCR", embedding rows u32, epoch i64, lsn i64, lsn of the first record of its commit group i64. The
/// body follows, rows first, and zeros up to a multiple of 8.
/// </summary>
/// <remarks>
/// The group tells a torn tail from damage. A group is written only after the one before it is durable, and the blocks of
/// one group may reach the disk in any order. So a bad record followed by good ones of its own group is a crash; one
/// followed by a later group was durable once and has been damaged since.
/// </remarks>
internal readonly record struct RecordHeader(int Length, uint Crc, RecordType Type, int Rows, long Epoch, long Lsn, long GroupLsn)
{
    public const int Size = 40;

    private const uint Magic = 0x52_43_46_00; // "FCR" above the type byte.

    /// <summary>Bytes the record takes in the file.</summary>
    public int PaddedSize => Pad(Size + Length);

    public static int Pad(int length) => (length + 7) & ~7;

    /// <summary>Completes a record in place: <paramref name="record"/> is header, body and padding.</summary>
    public static void Seal(Span<byte> record, uint salt, int length, RecordType type, int rows, long epoch, long lsn, long groupLsn)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], Magic | (uint)type);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], rows);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], epoch);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], lsn);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], groupLsn);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record, salt, length));
    }

    /// <summary>Reads what may be a header; <see langword="false"/> where it cannot be one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, int dimension, out RecordHeader header)
    {
        header = default;
        var typed = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if ((typed & 0xFFFF_FF00) != Magic)
        {
            return false;
        }

        header = new RecordHeader(
            BinaryPrimitives.ReadInt32LittleEndian(source),
            BinaryPrimitives.ReadUInt32LittleEndian(source[4..]),
            (RecordType)(byte)typed,
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]));
        return header.Length is >= 0 and <= ShardLimits.MaxRecordBytes
            && header.Rows >= 0
            && (long)header.Rows * dimension * sizeof(float) <= header.Length;
    }

    /// <summary>Whether the checksum fits; <paramref name="record"/> is header, body and padding.</summary>
    public bool IsValid(ReadOnlySpan<byte> record, uint salt) => Crc == Checksum(record, salt, Length);

    private static uint Checksum(ReadOnlySpan<byte> record, uint salt, int length) =>
        ~Crc32C.Append(Crc32C.Append(Crc32C.Seed ^ salt, record[..4]), record[8..Pad(Size + length)]);
}
