namespace FaceCluster.Storage.Log;

/// <summary>
/// Shards as files under one folder. The folder belongs to this factory alone, which <see cref="DataDirectory"/> sees to;
/// disposing the factory closes all shards.
/// </summary>
public sealed class LogShardStoreFactory : IShardStoreFactory, IAsyncDisposable
{
    private const string TrashFolder = "deleted";

    private readonly Lock _lock = new();
    private readonly Dictionary<ShardName, Slot> _slots = [];
    private readonly string _root;
    private readonly LogShardOptions _options;
    private readonly CommitThreads _threads;
    private bool _disposed;

    /// <param name="root">Folder of the shards; created where it does not exist.</param>
    /// <param name="options">Options, or <see langword="null"/> for the defaults.</param>
    public LogShardStoreFactory(string root, LogShardOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.GetFullPath(root);
        _options = options ?? new LogShardOptions();
        _options.Validate();
        Directory.CreateDirectory(Path.Combine(_root, "collections"));
        EmptyTrash();
        Durability.FlushFolder(_root);
        _threads = new CommitThreads(_options.CommitThreads);
    }

    /// <inheritdoc/>
    public async ValueTask<IShardStore> OpenAsync(
        ShardName shard, int dimension, IShardReplay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        ShardLimits.CheckDimension(dimension);
        var slot = SlotOf(shard);
        await slot.Opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await slot.CloseAsync().ConfigureAwait(false);
            var folder = FolderOf(shard);
            var recovery = new ShardRecovery(folder, shard, dimension, _options.Durability);
            await LongWork.RunAsync(() =>
            {
                recovery.Run(replay, slot.Suspect, cancellationToken);
                return true;
            }).ConfigureAwait(false);
            slot.Suspect = null;
            return slot.Store = new LogShardStore(shard, folder, recovery, _threads, _options);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ShardFailedException(shard, error);
        }
        finally
        {
            slot.Opening.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteShardAsync(ShardName shard, CancellationToken cancellationToken = default)
    {
        var slot = SlotOf(shard);
        await slot.Opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await slot.CloseAsync().ConfigureAwait(false);
            slot.Suspect = null;
            await LongWork.RunAsync(() => Delete(FolderOf(shard).Path)).ConfigureAwait(false);
        }
        finally
        {
            slot.Opening.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteCollectionAsync(string collection, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(_root, "collections", ShardFolder.CollectionNameOf(collection));
        var stored = Directory.Exists(path)
            ? Directory.EnumerateDirectories(path).Select(Path.GetFileName).Select(name => ShardName.Parse($"{collection}/{name}"))
            : [];
        HashSet<ShardName> shards = [.. stored];
        lock (_lock)
        {
            shards.UnionWith(_slots.Keys.Where(shard => shard.Collection == collection));
        }

        foreach (var shard in shards)
        {
            await DeleteShardAsync(shard, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Slot[] slots;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            slots = [.. _slots.Values];
        }

        foreach (var slot in slots)
        {
            await slot.Opening.WaitAsync().ConfigureAwait(false);
            if (slot.Store is { } store)
            {
                await store.DisposeAsync().ConfigureAwait(false);
            }

            slot.Opening.Release();
        }

        await LongWork.RunAsync(() =>
        {
            _threads.Dispose();
            return true;
        }).ConfigureAwait(false);
    }

    private ShardFolder FolderOf(ShardName shard) => new(Path.Combine(_root, "collections", ShardFolder.NameOf(shard)));

    private Slot SlotOf(ShardName shard)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_slots.TryGetValue(shard, out var slot))
            {
                _slots.Add(shard, slot = new Slot());
            }

            return slot;
        }
    }

    /// <summary>Moves a folder out of the way at one stroke, then removes it: a crash leaves the shard whole or gone.</summary>
    private bool Delete(string path)
    {
        if (!Directory.Exists(path))
        {
            return false;
        }

        var trash = Path.Combine(_root, TrashFolder);
        Directory.CreateDirectory(trash);
        var moved = Path.Combine(trash, Guid.NewGuid().ToString("N"));
        Directory.Move(path, moved);
        Durability.FlushFolder(Path.GetDirectoryName(path)!);
        Durability.FlushFolder(trash);
        Directory.Delete(moved, recursive: true);
        return true;
    }

    private void EmptyTrash()
    {
        var trash = Path.Combine(_root, TrashFolder);
        if (Directory.Exists(trash))
        {
            Directory.Delete(trash, recursive: true);
        }
    }

    /// <summary>One shard's place in this process: who has it open, and one open at a time.</summary>
    private sealed class Slot
    {
        public SemaphoreSlim Opening { get; } = new(1);

        public LogShardStore? Store { get; set; }

        public (string Path, long Length)? Suspect { get; set; }

        public async ValueTask CloseAsync()
        {
            if (Store is { } store)
            {
                Store = null;
                await store.FenceAsync().ConfigureAwait(false);
                Suspect = store.Suspect ?? Suspect;
            }
        }
    }
}
