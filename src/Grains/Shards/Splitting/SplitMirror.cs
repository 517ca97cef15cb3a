using System.Collections.Frozen;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// What a shard wrote since its splitting began and the halves do not have yet: blocks of items in the order of the log, and
/// rows whose links changed.
/// </summary>
/// <remarks>Lives on the shard's turn.</remarks>
internal sealed class SplitMirror(int dimension)
{
    /// <summary>Bytes of embeddings from which on appends wait for the copy.</summary>
    public const long MaxBytes = 256L << 20;

    private List<(long Lsn, ItemBlock Block)> _blocks = [];
    private HashSet<int> _rows = [];
    private long _bytes;
    private TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How much there is.</summary>
    public int Count => _blocks.Count + _rows.Count;

    /// <summary>Completes when there is room; immediately where there is.</summary>
    public Task Room => _bytes < MaxBytes ? Task.CompletedTask : _taken.Task;

    /// <summary>Notes a block that is durable and visible.</summary>
    public void Add(long lsn, ItemBlock block)
    {
        _blocks.Add((lsn, SplitReading.Without(block, FrozenSet<FaceId>.Empty, dimension)));
        _bytes += block.Embeddings.Length;
    }

    /// <summary>Notes a row whose list or marks changed.</summary>
    public void Touch(int row) => _rows.Add(row);

    /// <summary>Forgets the blocks that the copy of the store contains.</summary>
    public void CopiedThrough(long lsn) => _blocks.RemoveAll(entry => entry.Lsn <= lsn);

    /// <summary>Hands out everything noted. Each row among it is of a block handed out now or earlier.</summary>
    public (IReadOnlyList<ItemBlock> Blocks, IReadOnlyCollection<int> Rows) Take()
    {
        var taken = (_blocks.ConvertAll(static entry => entry.Block), _rows);
        (_blocks, _rows, _bytes) = ([], [], 0);
        var room = _taken;
        _taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        room.TrySetResult();
        return taken;
    }

    /// <summary>Lets go whoever waits for room.</summary>
    public void Close() => _taken.TrySetResult();
}
