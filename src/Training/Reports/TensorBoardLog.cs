using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FaceCluster.Training.Reports;

/// <summary>
/// Writes TensorBoard event files: TFRecords (length, masked CRC-32C of the length, data, masked CRC-32C of the data) of the
/// protocol message tensorflow.Event (wall_time 1, step 2, file_version 3, summary 5 with values of tag 1 and simple_value 2).
/// </summary>
public sealed class TensorBoardLog : IDisposable
{
    private readonly FileStream _stream;
    private readonly TimeProvider _time;

    /// <param name="folder">Folder for the event file; a run that is resumed adds another file, which TensorBoard joins.</param>
    /// <param name="time">Clock of the events.</param>
    public TensorBoardLog(string folder, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        var name = $"events.out.tfevents.{_time.GetUtcNow().ToUnixTimeSeconds()}.{Environment.ProcessId}.facecluster";
        _stream = new FileStream(Path.Combine(folder, name), FileMode.Append, FileAccess.Write, FileShare.Read);
        using var message = new MemoryStream();
        PutDouble(message, 1, Now());
        PutBytes(message, 3, "brain.Event:2"u8);
        Record(message);
    }

    /// <summary>Adds scalars of one step and hands them to the system.</summary>
    public void Add(long step, IEnumerable<(string Tag, double Value)> values)
    {
        using var summary = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (tag, value) in values)
        {
            using var entry = new MemoryStream();
            PutBytes(entry, 1, Encoding.UTF8.GetBytes(tag));
            entry.WriteByte(2 << 3 | 5);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            entry.Write(number);
            PutBytes(summary, 1, entry.ToArray());
        }

        using var message = new MemoryStream();
        PutDouble(message, 1, Now());
        message.WriteByte(2 << 3);
        PutVarint(message, (ulong)step);
        PutBytes(message, 5, summary.ToArray());
        Record(message);
        _stream.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>The masked checksum of TFRecord: CRC-32C rotated right by 15 bits plus a constant.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        crc = ~crc;
        return unchecked(BitOperations.RotateRight(crc, 15) + 0xa282ead8);
    }

    private double Now() => _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    private void Record(MemoryStream message)
    {
        var data = message.ToArray();
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc(header[..8]));
        _stream.Write(header);
        _stream.Write(data);
        Span<byte> footer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc(data));
        _stream.Write(footer);
    }

    private static void PutDouble(MemoryStream stream, int field, double value)
    {
        stream.WriteByte((byte)(field << 3 | 1));
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(number, value);
        stream.Write(number);
    }

    private static void PutBytes(MemoryStream stream, int field, ReadOnlySpan<byte> value)
    {
        stream.WriteByte((byte)(field << 3 | 2));
        PutVarint(stream, (ulong)value.Length);
        stream.Write(value);
    }

    private static void PutVarint(MemoryStream stream, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            stream.WriteByte((byte)(value | 0x80));
        }

        stream.WriteByte((byte)value);
    }
}
