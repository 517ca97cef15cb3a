using FaceCluster.Storage.Compaction;

namespace FaceCluster.Storage.Log;

/// <summary>Rewrites the closed files of a shard as one snapshot without deleted faces.</summary>
internal sealed class ShardCompaction(ShardName shard, ShardFolder folder, ShardFiles files, FaceLocations locations, Durability durability)
{
    /// <param name="lsn">The record up to which the closed files cover everything.</param>
    /// <param name="cancellationToken">Ends the work; then nothing changed.</param>
    public void Run(long lsn, CancellationToken cancellationToken)
    {
        var sources = files.Acquire(closedOnly: true);
        try
        {
            if (sources.Count == 0 || (sources.Count == 1 && sources[0].File.Header is { Kind: FileKind.Snapshot } header && header.Lsn == lsn))
            {
                return;
            }

            var live = new LiveState();
            ShardReading.Deliver(sources, live, cancellationToken);
            Rewrite(sources, live, lsn, cancellationToken);
        }
        finally
        {
            sources.ForEach(source => source.File.Release());
        }
    }

    private void Rewrite(List<(ShardFile File, long End)> sources, LiveState live, long lsn, CancellationToken cancellationToken)
    {
        var newest = sources[^1].File.Header;
        var header = FileHeader.Create(FileKind.Snapshot, shard, newest.Dimension, newest.Epoch, lsn);
        using var writer = new SnapshotWriter(folder, header, durability);
        using var blocks = new BlockRewriter(newest.Dimension, live.Deleted);
        var moved = new FaceLocations();
        ShardReading.Deliver(sources, new Copying(writer, blocks, moved), cancellationToken);
        foreach (var update in live.Links())
        {
            using var record = PendingRecord.Links(update);
            writer.Add(record, lsn);
        }

        foreach (var deletion in live.Deletions())
        {
            using var record = PendingRecord.Delete(deletion);
            writer.Add(record, lsn);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var snapshot = writer.Finish();

        // First where to read, then what to read no more: nobody is ever pointed at a file that is gone.
        locations.Move(moved);
        foreach (var file in files.Replace(snapshot))
        {
            File.Delete(file.Path);
            file.Release();
        }

        folder.Flush();
    }

    private sealed class Copying(SnapshotWriter writer, BlockRewriter blocks, FaceLocations moved) : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block)
        {
            var dimension = writer.File.Header.Dimension;
            using var record = PendingRecord.Append(blocks.Rewrite(block), dimension);
            moved.Add(record.Faces, writer.File, writer.Add(record, lsn), dimension * sizeof(float));
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }
    }
}
