using System.Threading.Channels;
using FaceCluster.Storage;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Bench.Storage;

/// <summary>
/// The candidate that lost: a shard in SQLite, tuned. Write-ahead log, full synchronisation, large pages, a rare checkpoint,
/// one prepared insert per block with the embeddings as one blob, and the same group commit as the log store.
/// </summary>
internal sealed class SqliteBlockStore : IAsyncDisposable
{
    private readonly Channel<(ItemBlock Block, TaskCompletionSource Done)> _calls = Channel.CreateUnbounded<(ItemBlock, TaskCompletionSource)>();
    private readonly SqliteConnection _connection;
    private readonly Task _writing;

    public SqliteBlockStore(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        _connection.Open();
        Execute(
            """
            PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
            PRAGMA cache_size = -65536;
            CREATE TABLE blocks (lsn INTEGER PRIMARY KEY, camera TEXT NOT NULL, items BLOB NOT NULL, embeddings BLOB NOT NULL) STRICT;
            """);
        _writing = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
    }

    public ValueTask AppendAsync(ItemBlock block)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.Writer.TryWrite((block, done));
        return new ValueTask(done.Task);
    }

    public async ValueTask DisposeAsync()
    {
        _calls.Writer.Complete();
        await _writing;
        await _connection.DisposeAsync();
    }

    private void Run()
    {
        using var insert = _connection.CreateCommand();
        insert.CommandText = "INSERT INTO blocks (camera, items, embeddings) VALUES ($camera, $items, $embeddings)";
        var camera = insert.Parameters.Add("$camera", SqliteType.Text);
        var items = insert.Parameters.Add("$items", SqliteType.Blob);
        var embeddings = insert.Parameters.Add("$embeddings", SqliteType.Blob);
        embeddings.Value = new byte[StorageLoad.BlockBytes];
        insert.Prepare();
        var group = new List<TaskCompletionSource>();
        while (_calls.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            Execute("BEGIN IMMEDIATE");
            while (group.Count < 256 && _calls.Reader.TryRead(out var call))
            {
                camera.Value = call.Block.Camera;
                items.Value = new byte[call.Block.Items.Count * 80];
                embeddings.Value = call.Block.Embeddings.ToArray();
                insert.ExecuteNonQuery();
                group.Add(call.Done);
            }

            Execute("COMMIT");
            group.ForEach(done => done.SetResult());
            group.Clear();
        }
    }

    private void Execute(string text)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
