using Microsoft.Win32.SafeHandles;

namespace FaceCluster.Storage.Log;

/// <summary>
/// An open file of a shard. It counts its readers: a file replaced by a compaction is closed when the last of them is
/// done.
/// </summary>
internal sealed class ShardFile(string path, FileHeader header, SafeFileHandle handle, long length)
{
    private readonly Lock _lock = new();
    private int _users = 1;
    private long _length = length;

    public string Path => path;

    public FileHeader Header => header;

    public SafeFileHandle Handle => handle;

    /// <summary>Bytes that are durable and valid.</summary>
    public long Length
    {
        get => Volatile.Read(ref _length);
        set => Volatile.Write(ref _length, value);
    }

    public void Acquire()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_users == 0, this);
            _users++;
        }
    }

    /// <summary>Ends a use; the owner ends its own with it too.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        handle.Dispose();
    }
}
