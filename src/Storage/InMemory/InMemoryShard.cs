using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Storage.Compaction;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.InMemory;

/// <summary>The records of one shard, shared by the handles that own it one after the other.</summary>
internal sealed class InMemoryShard(ShardName key, int dimension)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FaceId, ReadOnlyMemory<byte>> _embeddings = [];
    private readonly HashSet<FaceId> _dead = [];
    private Entry[] _records = [];
    private int _count;
    private long _epoch;
    private long _lsn;
    private long _snapshotLsn;

    public ShardName Key => key;

    public int Dimension => dimension;

    public long TakeOwnership()
    {
        lock (_lock)
        {
            return ++_epoch;
        }
    }

    public void ThrowIfFenced(long epoch)
    {
        lock (_lock)
        {
            if (epoch != _epoch)
            {
                throw new ShardFencedException(key, epoch);
            }
        }
    }

    public long Commit(long epoch, RecordType type, int rows, ReadOnlySpan<byte> body)
    {
        var bytes = rows * dimension * sizeof(float);
        var entry = new Entry(0, type, body[..bytes].ToArray(), body[bytes..].ToArray());
        lock (_lock)
        {
            if (epoch != _epoch)
            {
                throw new ShardFencedException(key, epoch);
            }

            Add(entry with { Lsn = ++_lsn });
            return _lsn;
        }
    }

    public long Replay(IShardReplay replay, CancellationToken cancellationToken)
    {
        ReadOnlySpan<Entry> records;
        long lsn;
        lock (_lock)
        {
            // The array is only appended to beyond the span, or replaced.
            records = _records.AsSpan(0, _count);
            lsn = _lsn;
        }

        var decoder = new RecordDecoder();
        foreach (ref readonly var record in records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            decoder.Deliver(record.Type, record.Lsn, record.Rows, record.Rest, replay);
        }

        return lsn;
    }

    public void Read(ReadOnlySpan<FaceId> faces, Span<float> destination, Span<bool> found)
    {
        lock (_lock)
        {
            for (var i = 0; i < faces.Length; i++)
            {
                found[i] = !_dead.Contains(faces[i]) && _embeddings.TryGetValue(faces[i], out _);
                if (found[i])
                {
                    _embeddings[faces[i]].Span.CopyTo(MemoryMarshal.AsBytes(destination.Slice(i * dimension, dimension)));
                }
            }
        }
    }

    public void Compact(long epoch, CancellationToken cancellationToken)
    {
        // Small and for tests: under the lock, so that nothing is appended in between.
        lock (_lock)
        {
            if (epoch != _epoch)
            {
                throw new ShardFencedException(key, epoch);
            }

            var live = new LiveState();
            Replay(live, cancellationToken);
            using var writer = new Rewriting(this, live);
            Replay(writer, cancellationToken);
            writer.Finish(live, _lsn);
            _snapshotLsn = _lsn;
        }
    }

    public ShardStatistics Statistics()
    {
        lock (_lock)
        {
            long Bytes(bool snapshot) => _records.Take(_count).Where(record => record.Lsn <= _snapshotLsn == snapshot)
                .Sum(record => (long)record.Rows.Length + record.Rest.Length);
            var dead = _dead.Count(_embeddings.ContainsKey);
            return new ShardStatistics(_embeddings.Count - dead, dead, Bytes(true), Bytes(false), _snapshotLsn, _lsn);
        }
    }

    private void Add(Entry entry)
    {
        if (_count == _records.Length)
        {
            Array.Resize(ref _records, Math.Max(16, _count * 2));
        }

        _records[_count++] = entry;
        new RecordDecoder().Deliver(entry.Type, entry.Lsn, entry.Rows, entry.Rest, new Indexing(this));
    }

    private readonly record struct Entry(long Lsn, RecordType Type, byte[] Rows, byte[] Rest);

    private sealed class Indexing(InMemoryShard shard) : IShardReplay
    {
        public void OnAppend(long lsn, ItemBlock block)
        {
            var row = 0;
            var rowBytes = shard.Dimension * sizeof(float);
            foreach (var face in block.Items.SelectMany(item => item.Faces).Where(face => face.State == FaceState.Stored))
            {
                shard._embeddings[face.Id] = block.Embeddings.Slice(row++ * rowBytes, rowBytes);
            }
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion) => shard._dead.UnionWith(deletion.Own);
    }

    private sealed class Rewriting(InMemoryShard shard, LiveState live) : IShardReplay, IDisposable
    {
        private readonly List<Entry> _records = [];
        private readonly BlockRewriter _blocks = new(shard.Dimension, live.Deleted);
        private readonly RecordBuffer _buffer = new();

        public void OnAppend(long lsn, ItemBlock block)
        {
            _buffer.Clear();
            Add(lsn, RecordType.Append, RecordEncoder.Append(_buffer, _blocks.Rewrite(block), shard.Dimension));
        }

        public void OnLinks(long lsn, LinkUpdate update)
        {
        }

        public void OnDelete(long lsn, Deletion deletion)
        {
        }

        public void Finish(LiveState state, long lsn)
        {
            foreach (var update in state.Links())
            {
                _buffer.Clear();
                Add(lsn, RecordType.Links, RecordEncoder.Links(_buffer, update));
            }

            foreach (var deletion in state.Deletions())
            {
                _buffer.Clear();
                Add(lsn, RecordType.Delete, RecordEncoder.Delete(_buffer, deletion));
            }

            shard._embeddings.Clear();
            shard._dead.Clear();
            (shard._records, shard._count) = ([], 0);
            _records.ForEach(shard.Add);
        }

        public void Dispose()
        {
            _blocks.Dispose();
            _buffer.Dispose();
        }

        private void Add(long lsn, RecordType type, int rows)
        {
            var bytes = rows * shard.Dimension * sizeof(float);
            _records.Add(new Entry(
                lsn, type, _buffer.Written[..bytes].ToArray(), _buffer.Written[bytes..].ToArray()));
        }
    }
}
