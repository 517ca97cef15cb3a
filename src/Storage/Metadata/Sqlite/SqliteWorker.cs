using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

/// <summary>
/// A connection with a thread of its own, so that no caller waits for the disk on its scheduler. As a writer it commits
/// what waits together in one transaction, each call under a savepoint: one that fails leaves the others untouched.
/// </summary>
internal sealed class SqliteWorker : IAsyncDisposable
{
    private const int MaxBatch = 256;

    private readonly BlockingCollection<Call> _calls = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteConnection _connection;
    private readonly bool _writes;

    public SqliteWorker(SqliteConnection connection, bool writes, string name)
    {
        (_connection, _writes) = (connection, writes);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Runs <paramref name="action"/> on the thread; the task completes after the commit.</summary>
    public Task<T> RunAsync<T>(Func<SqliteConnection, T> action, CancellationToken cancellationToken, bool alone = false)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var call = new Call<T>(action, alone);
        try
        {
            _calls.Add(call, CancellationToken.None);
        }
        catch (InvalidOperationException)
        {
            throw new ObjectDisposedException(nameof(IMetadataStore));
        }

        return cancellationToken.CanBeCanceled ? call.Task.WaitAsync(cancellationToken) : call.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _calls.CompleteAdding();
        await _ended.Task.ConfigureAwait(false);
        _calls.Dispose();
    }

    private void Run()
    {
        var batch = new List<Call>(MaxBatch);
        Call? next = null;
        while (next is not null || _calls.TryTake(out next, Timeout.Infinite))
        {
            batch.Add(next);
            next = null;
            while (!batch[^1].Alone && batch.Count < MaxBatch && _calls.TryTake(out next) && !next.Alone)
            {
                batch.Add(next);
                next = null;
            }

            RunBatch(batch);
            batch.Clear();
        }

        _connection.Dispose();
        _ended.SetResult();
    }

    private void RunBatch(List<Call> batch)
    {
        var grouped = _writes && !batch[0].Alone;
        try
        {
            if (grouped)
            {
                _connection.Execute("BEGIN IMMEDIATE");
            }

            foreach (var call in batch)
            {
                call.Run(_connection, grouped);
            }

            if (grouped)
            {
                _connection.Execute("COMMIT");
            }
        }
        catch (Exception error)
        {
            RollBack();
            batch.ForEach(call => call.Fail(error));
        }

        batch.ForEach(call => call.Complete());
    }

    private void RollBack()
    {
        try
        {
            _connection.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // A full disk may have ended the transaction already; then there is nothing to roll back.
        }
    }

    private abstract class Call(bool alone)
    {
        public bool Alone => alone;

        public abstract void Run(SqliteConnection connection, bool savepoint);

        public abstract void Fail(Exception error);

        public abstract void Complete();
    }

    private sealed class Call<T>(Func<SqliteConnection, T> action, bool alone) : Call(alone)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;
        private Exception? _error;

        public Task<T> Task => _done.Task;

        public override void Run(SqliteConnection connection, bool savepoint)
        {
            if (savepoint)
            {
                connection.Execute("SAVEPOINT call");
            }

            try
            {
                _result = action(connection);
            }
            catch (Exception error)
            {
                _error = error;
                if (savepoint)
                {
                    connection.Execute("ROLLBACK TO call");
                }
            }

            if (savepoint)
            {
                connection.Execute("RELEASE call");
            }
        }

        public override void Fail(Exception error) => _error = error;

        public override void Complete()
        {
            switch (_error)
            {
                case null:
                    _done.SetResult(_result);
                    break;
                case SqliteException error:
                    _done.SetException(new MetadataFailedException($"The metadata store failed: {error.Message}", error));
                    break;
                default:
                    _done.SetException(_error);
                    break;
            }
        }
    }
}
