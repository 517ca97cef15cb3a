using System.Buffers.Binary;
using System.Text;
using FaceCluster.Core;

namespace FaceCluster.Storage.Records;

/// <summary>Reads what <see cref="RecordBuffer"/> wrote. Reading past the end throws <see cref="InvalidDataException"/>.</summary>
internal ref struct RecordCursor(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte ReadByte() => Take(1)[0];

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public float ReadSingle() => BinaryPrimitives.ReadSingleLittleEndian(Take(4));

    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public FaceId ReadId() => FaceId.Read(Take(FaceId.Size));

    public ReadOnlySpan<byte> ReadUtf8() => Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));

    public string ReadText() => Encoding.UTF8.GetString(ReadUtf8());

    /// <summary>Reads a count of elements that take at least <paramref name="elementBytes"/> each.</summary>
    public int ReadCount(int elementBytes)
    {
        var count = ReadInt32();
        return count >= 0 && (long)count * elementBytes <= _rest.Length
            ? count
            : throw new InvalidDataException($"A count of {count} does not fit the {_rest.Length} bytes left.");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_rest.Length < length)
        {
            throw new InvalidDataException($"{length} bytes were expected, {_rest.Length} are left.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
