using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FaceCluster.Storage.Log;

/// <summary>Writes a snapshot to a temporary file and gives it its name when it is whole and durable.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    private const int BufferSize = 1 << 20;

    /// <summary>
    /// Flushed in steps: a journaling file system may make the log's own flush wait for everything that is dirty, and then
    /// writers would wait for a whole snapshot.
    /// </summary>
    private const int FlushStep = 8 << 20;

    private readonly ShardFolder _folder;
    private readonly FileHeader _header;
    private readonly Durability _durability;
    private readonly string _temporaryPath;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _buffered;
    private long _written;
    private long _flushed;
    private long _count;
    private bool _kept;

    public SnapshotWriter(ShardFolder folder, FileHeader header, Durability durability)
    {
        (_folder, _header, _durability) = (folder, header, durability);
        _temporaryPath = folder.TemporaryPath(header.Lsn, header.Epoch);
        _handle = System.IO.File.OpenHandle(
            _temporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        File = new ShardFile(folder.SnapshotPath(header.Lsn, header.Epoch), header, _handle, 0);
        header.Write(_buffer);
        _buffered = FileHeader.Size;
    }

    /// <summary>The file under the name it will have.</summary>
    public ShardFile File { get; }

    /// <summary>Adds a record and yields the offset of its body.</summary>
    public long Add(PendingRecord record, long lsn)
    {
        record.Lsn = lsn;
        record.Seal(_header, lsn);
        var offset = _written + _buffered;
        var bytes = record.Bytes.Span;
        if (bytes.Length > _buffer.Length - _buffered)
        {
            WriteBuffered();
        }

        if (bytes.Length > _buffer.Length)
        {
            Write(bytes);
        }
        else
        {
            bytes.CopyTo(_buffer.AsSpan(_buffered));
            _buffered += bytes.Length;
        }

        _count++;
        return offset + RecordHeader.Size;
    }

    /// <summary>Completes the file, which from now on belongs to the caller.</summary>
    public ShardFile Finish()
    {
        using (var end = PendingRecord.End(_count))
        {
            Add(end, _header.Lsn);
        }

        WriteBuffered();
        _durability.Flush(_handle);
        System.IO.File.Move(_temporaryPath, File.Path, overwrite: true);
        _folder.Flush();
        File.Length = _written;
        _kept = true;
        return File;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
        if (!_kept)
        {
            File.Release();
            System.IO.File.Delete(_temporaryPath);
        }
    }

    private void WriteBuffered()
    {
        Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _durability.Write(_handle, bytes, _written);
        _written += bytes.Length;
        if (_written - _flushed >= FlushStep)
        {
            _durability.Flush(_handle);
            _flushed = _written;
        }
    }
}
