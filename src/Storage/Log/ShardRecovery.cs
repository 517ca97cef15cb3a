using System.Globalization;
using FaceCluster.Core;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>
/// Opens the files of a shard: reads snapshot and logs, cuts off what a crash left half written, refuses what no crash
/// explains, and starts a log of the next epoch.
/// </summary>
internal sealed class ShardRecovery(ShardFolder folder, ShardName shard, int dimension, Durability durability)
{
    private readonly RecordDecoder _decoder = new();
    private readonly List<string> _obsolete = [];
    private long _maxEpoch;

    public ShardFiles Files { get; } = new();

    public FaceLocations Locations { get; } = new();

    public long LastLsn { get; private set; }

    /// <summary>Bytes of link records in the logs.</summary>
    public long LinkBytes { get; private set; }

    /// <param name="replay">Receives the records.</param>
    /// <param name="suspect">
    /// A log whose write failed in this process, with the length that was durable: what lies behind may be in the cache of
    /// the system but not on the disk, so it is cut off unread.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Run(IShardReplay replay, (string Path, long Length)? suspect, CancellationToken cancellationToken)
    {
        try
        {
            folder.Create();
            folder.DeleteTemporary();
            var indexing = new IndexingReplay(Locations, dimension, replay);
            ReadSnapshot(indexing, cancellationToken);
            ReadLogs(indexing, suspect, cancellationToken);
            StartLog();
        }
        catch
        {
            Files.Dispose();
            throw;
        }
    }

    private void ReadSnapshot(IndexingReplay replay, CancellationToken cancellationToken)
    {
        var snapshots = folder.Snapshots();
        if (snapshots.Count == 0)
        {
            return;
        }

        _obsolete.AddRange(snapshots.SkipLast(1));
        var file = ShardFileAccess.Open(snapshots[^1], FileKind.Snapshot, shard, dimension, mayBeUnfinished: false)!;
        Files.SetSnapshot(file);
        using var reader = new RecordReader(file, file.Length);
        var count = 0L;
        while (reader.TryRead(out var header, out var body))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (header.Type == RecordType.End)
            {
                if (new RecordCursor(body.Span).ReadInt64() != count || !reader.AtEnd)
                {
                    break;
                }

                LastLsn = file.Header.Lsn;
                _maxEpoch = file.Header.Epoch;
                return;
            }

            replay.At(file, reader.RecordOffset);
            reader.Deliver(_decoder, header, body, replay);
            count++;
        }

        throw new ShardCorruptException(file.Path, reader.Offset, "A snapshot is whole or not there, and this one is neither.");
    }

    private void ReadLogs(IndexingReplay replay, (string Path, long Length)? suspect, CancellationToken cancellationToken)
    {
        var paths = folder.Logs();
        for (var i = 0; i < paths.Count; i++)
        {
            var last = i == paths.Count - 1;
            var file = ShardFileAccess.Open(paths[i], FileKind.Log, shard, dimension, mayBeUnfinished: last);
            if (file is null)
            {
                // At once, because the new log may get the same name.
                File.Delete(paths[i]);
                continue;
            }

            _maxEpoch = Math.Max(_maxEpoch, file.Header.Epoch);
            if (file.Header.Lsn < Files.SnapshotLsn)
            {
                _obsolete.Add(paths[i]);
                file.Release();
                continue;
            }

            Files.AddLog(file);
            if (file.Header.Lsn != LastLsn)
            {
                throw new ShardCorruptException(file.Path, 0, string.Create(
                    CultureInfo.InvariantCulture, $"It starts after record {file.Header.Lsn}, but the files before it end with record {LastLsn}."));
            }

            if (suspect is { } tail && tail.Path == file.Path && tail.Length < file.Length)
            {
                ShardFileAccess.Truncate(file.Handle, tail.Length);
                file.Length = tail.Length;
            }

            ReadLog(file, last, replay, cancellationToken);
        }
    }

    private void ReadLog(ShardFile file, bool last, IndexingReplay replay, CancellationToken cancellationToken)
    {
        using var reader = new RecordReader(file, file.Length);
        while (reader.TryRead(out var header, out var body))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (header.Lsn != LastLsn + 1)
            {
                throw new ShardCorruptException(file.Path, reader.RecordOffset, string.Create(
                    CultureInfo.InvariantCulture, $"Record {header.Lsn} follows record {LastLsn}."));
            }

            replay.At(file, reader.RecordOffset);
            reader.Deliver(_decoder, header, body, replay);
            LastLsn = header.Lsn;
            LinkBytes += header.Type == RecordType.Links ? header.PaddedSize : 0;
        }

        if (reader.AtEnd)
        {
            return;
        }

        if (!last || reader.HasLaterGroup(LastLsn + 1))
        {
            throw new ShardCorruptException(file.Path, reader.Offset, string.Create(
                CultureInfo.InvariantCulture, $"Record {LastLsn + 1} is not whole, but records written after it was durable are."));
        }

        ShardFileAccess.Truncate(file.Handle, reader.Offset);
        file.Length = reader.Offset;
    }

    private void StartLog()
    {
        var header = FileHeader.Create(FileKind.Log, shard, dimension, _maxEpoch + 1, LastLsn);
        var log = ShardFileAccess.Create(folder, folder.LogPath(LastLsn, header.Epoch), header, durability);
        var empty = Files.AddLogInPlaceOfEmpty(log);
        foreach (var path in _obsolete.Concat(empty))
        {
            File.Delete(path);
        }

        folder.Flush();
    }

    /// <summary>Notes where the embeddings of each record stand, then passes it on.</summary>
    private sealed class IndexingReplay(FaceLocations locations, int dimension, IShardReplay inner) : IShardReplay
    {
        private FaceId[] _faces = [];
        private ShardFile? _file;
        private long _offset;

        public void At(ShardFile file, long offset) => (_file, _offset) = (file, offset + RecordHeader.Size);

        public void OnAppend(long lsn, ItemBlock block)
        {
            var rows = 0;
            foreach (var item in block.Items)
            {
                foreach (var face in item.Faces)
                {
                    if (face.State != FaceState.Stored)
                    {
                        continue;
                    }

                    if (rows == _faces.Length)
                    {
                        Array.Resize(ref _faces, Math.Max(64, rows * 2));
                    }

                    _faces[rows++] = face.Id;
                }
            }

            locations.Add(_faces.AsSpan(0, rows), _file!, _offset, dimension * sizeof(float));
            inner.OnAppend(lsn, block);
        }

        public void OnLinks(long lsn, LinkUpdate update) => inner.OnLinks(lsn, update);

        public void OnDelete(long lsn, Deletion deletion)
        {
            locations.Remove([.. deletion.Own]);
            inner.OnDelete(lsn, deletion);
        }
    }
}
