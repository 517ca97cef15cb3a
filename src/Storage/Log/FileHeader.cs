using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace FaceCluster.Storage.Log;

internal enum FileKind
{
    Log = 1,
    Snapshot = 2,
}

/// <summary>
/// First 64 bytes of every file of a shard, little-endian: magic 8, version u32, kind u32, hash of the shard's name u64,
/// dimension u32, salt u32, epoch i64, lsn i64 (log: the record before the first one; snapshot: the last one covered),
/// 12 reserved, CRC-32C u32 of the bytes before it.
/// </summary>
/// <remarks>
/// The salt is random and goes into the checksum of every record of the file, so that no bytes from outside, such as an
/// embedding made up to look like a record, can pass for one.
/// </remarks>
internal readonly record struct FileHeader(FileKind Kind, ulong Shard, int Dimension, uint Salt, long Epoch, long Lsn)
{
    public const int Size = 64;
    public const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "FCSHARD\0"u8;

    public static ulong HashOf(ShardName shard) => XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(shard.ToString()));

    public static FileHeader Create(FileKind kind, ShardName shard, int dimension, long epoch, long lsn) => new(
        kind, HashOf(shard), dimension, BinaryPrimitives.ReadUInt32LittleEndian(RandomNumberGenerator.GetBytes(4)), epoch, lsn);

    public void Write(Span<byte> target)
    {
        target[..Size].Clear();
        Magic.CopyTo(target);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], (int)Kind);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Shard);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], Dimension);
        BinaryPrimitives.WriteUInt32LittleEndian(target[28..], Salt);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], Lsn);
        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], Crc32C.Compute(target[..60]));
    }

    /// <summary>Reads a header; <see langword="false"/> where the bytes are none.</summary>
    /// <exception cref="ShardVersionException">A newer program wrote the file.</exception>
    public static bool TryRead(ReadOnlySpan<byte> source, string path, out FileHeader header)
    {
        header = default;
        if (source.Length < Size
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[60..]) != Crc32C.Compute(source[..60]))
        {
            return false;
        }

        var version = BinaryPrimitives.ReadInt32LittleEndian(source[8..]);
        if (version > Version)
        {
            throw new ShardVersionException(path, version, Version);
        }

        header = new FileHeader(
            (FileKind)BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]));
        return true;
    }
}
