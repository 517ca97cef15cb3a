using Microsoft.Win32.SafeHandles;

namespace FaceCluster.Storage.Log;

/// <summary>Creates and opens the files of a shard.</summary>
internal static class ShardFileAccess
{
    /// <summary>Creates a file with its header, durable with its name.</summary>
    public static ShardFile Create(ShardFolder folder, string path, in FileHeader header, Durability durability)
    {
        var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Span<byte> bytes = stackalloc byte[FileHeader.Size];
            header.Write(bytes);
            durability.Write(handle, bytes, 0);
            durability.Flush(handle);
            folder.Flush();
            return new ShardFile(path, header, handle, FileHeader.Size);
        }
        catch
        {
            handle.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Opens a file and checks to whom it belongs.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">What it must be.</param>
    /// <param name="shard">Whose it must be.</param>
    /// <param name="dimension">Dimension it must have.</param>
    /// <param name="mayBeUnfinished">
    /// Whether a file that is too short for a header is answered with <see langword="null"/>: the newest log may have been
    /// cut off by a crash while it was created.
    /// </param>
    public static ShardFile? Open(string path, FileKind kind, ShardName shard, int dimension, bool mayBeUnfinished)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Span<byte> bytes = stackalloc byte[FileHeader.Size];
            bytes = bytes[..RandomAccess.Read(handle, bytes, 0)];
            var length = RandomAccess.GetLength(handle);
            if (!FileHeader.TryRead(bytes, path, out var header))
            {
                if (mayBeUnfinished && length <= FileHeader.Size)
                {
                    handle.Dispose();
                    return null;
                }

                throw new ShardCorruptException(path, 0, "The file's header is not valid.");
            }

            if (header.Kind != kind || header.Shard != FileHeader.HashOf(shard))
            {
                throw new ShardCorruptException(path, 0, $"The file does not belong to shard {shard}.");
            }

            return header.Dimension == dimension
                ? new ShardFile(path, header, handle, length)
                : throw new ShardDimensionException(shard, header.Dimension, dimension);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static void Truncate(SafeFileHandle handle, long length)
    {
        RandomAccess.SetLength(handle, length);
        RandomAccess.FlushToDisk(handle);
    }
}
