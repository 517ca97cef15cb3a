using System.Buffers;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>Reads the records of a file one after the other and stops at the end or at the first that is not whole.</summary>
internal sealed class RecordReader(ShardFile file, long end) : IDisposable
{
    private const int BufferSize = 1 << 20;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private long _bufferAt;
    private int _buffered;

    /// <summary>Where the next record starts; after <see cref="TryRead"/> failed, the end of the valid records.</summary>
    public long Offset { get; private set; } = FileHeader.Size;

    /// <summary>Whether all bytes were valid records.</summary>
    public bool AtEnd => Offset == end;

    /// <summary>Start of the record that <see cref="TryRead"/> gave last.</summary>
    public long RecordOffset { get; private set; }

    /// <param name="header">The record.</param>
    /// <param name="body">Its body, valid until the next call.</param>
    public bool TryRead(out RecordHeader header, out ReadOnlyMemory<byte> body)
    {
        if (!TryReadAt(Offset, out header, out body))
        {
            return false;
        }

        RecordOffset = Offset;
        Offset += header.PaddedSize;
        return true;
    }

    /// <summary>Whether a valid record of a group after <paramref name="lsn"/> lies anywhere behind the end of the valid records.</summary>
    public bool HasLaterGroup(long lsn)
    {
        for (var offset = Offset + 8; offset + RecordHeader.Size <= end; offset += 8)
        {
            if (TryReadAt(offset, out var header, out _) && header.GroupLsn > lsn)
            {
                return true;
            }
        }

        return false;
    }

    public void Deliver(RecordDecoder decoder, in RecordHeader header, ReadOnlyMemory<byte> body, IShardReplay replay)
    {
        var rows = header.Rows * file.Header.Dimension * sizeof(float);
        try
        {
            decoder.Deliver(header.Type, header.Lsn, body[..rows], body.Span[rows..], replay);
        }
        catch (InvalidDataException error)
        {
            throw new ShardCorruptException(file.Path, RecordOffset, error.Message);
        }
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryReadAt(long offset, out RecordHeader header, out ReadOnlyMemory<byte> body)
    {
        body = default;
        header = default;
        if (!TryGet(offset, RecordHeader.Size, out var start)
            || !RecordHeader.TryRead(start.Span, file.Header.Dimension, out header)
            || !TryGet(offset, header.PaddedSize, out var record)
            || !header.IsValid(record.Span, file.Header.Salt))
        {
            return false;
        }

        body = record.Slice(RecordHeader.Size, header.Length);
        return true;
    }

    private bool TryGet(long offset, int length, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (offset + length > end)
        {
            return false;
        }

        if (offset < _bufferAt || offset + length > _bufferAt + _buffered)
        {
            Fill(offset, length);
        }

        bytes = _buffer.AsMemory((int)(offset - _bufferAt), length);
        return true;
    }

    private void Fill(long offset, int length)
    {
        if (_buffer.Length < length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(length);
        }

        (_bufferAt, _buffered) = (offset, 0);
        var wanted = (int)Math.Min(_buffer.Length, end - offset);
        while (_buffered < wanted)
        {
            var read = RandomAccess.Read(file.Handle, _buffer.AsSpan(_buffered, wanted - _buffered), offset + _buffered);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{file.Path}' became shorter while it was read.");
            }

            _buffered += read;
        }
    }
}
