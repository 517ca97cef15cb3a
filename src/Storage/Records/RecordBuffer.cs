using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using FaceCluster.Core;

namespace FaceCluster.Storage.Records;

/// <summary>A growing pooled buffer for one record, little-endian.</summary>
internal sealed class RecordBuffer : IDisposable
{
    private byte[] _array;

    public RecordBuffer(int capacity = 256) => _array = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, Length);

    /// <summary>Bytes already written, to fill in what was not known at first.</summary>
    public Span<byte> At(int offset, int length) => _array.AsSpan(offset, length);

    public void Clear() => Length = 0;

    public Span<byte> Reserve(int length)
    {
        if (_array.Length - Length < length)
        {
            Grow(length);
        }

        var span = _array.AsSpan(Length, length);
        Length += length;
        return span;
    }

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Reserve(4), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);

    public void WriteSingle(float value) => BinaryPrimitives.WriteSingleLittleEndian(Reserve(4), value);

    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Reserve(8), value);

    public void WriteId(FaceId id) => id.Write(Reserve(FaceId.Size));

    /// <summary>Writes a length-prefixed text of at most <paramref name="limit"/> bytes.</summary>
    public void WriteText(string text, int limit, string field)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        if (length > limit)
        {
            throw new ArgumentException($"{field} has {length} bytes of UTF-8, the limit is {limit}.", field);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), (ushort)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    public void Dispose()
    {
        var array = _array;
        _array = [];
        Length = 0;
        if (array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private void Grow(int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_array.Length * 2, Length + length));
        _array.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_array);
        _array = larger;
    }
}
