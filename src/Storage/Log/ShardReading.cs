using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>Reads files that were valid when the shard was opened or that this process wrote.</summary>
internal static class ShardReading
{
    /// <summary>Delivers all records and yields the lsn of the last one.</summary>
    /// <exception cref="ShardCorruptException">A file was damaged since.</exception>
    public static long Deliver(List<(ShardFile File, long End)> files, IShardReplay replay, CancellationToken cancellationToken)
    {
        var decoder = new RecordDecoder();
        var lsn = 0L;
        foreach (var (file, end) in files)
        {
            using var reader = new RecordReader(file, end);
            while (reader.TryRead(out var header, out var body))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (header.Type != RecordType.End)
                {
                    reader.Deliver(decoder, header, body, replay);
                }

                lsn = header.Lsn;
            }

            if (!reader.AtEnd)
            {
                throw new ShardCorruptException(file.Path, reader.Offset, "A record that was durable is not whole any more.");
            }
        }

        return lsn;
    }
}
