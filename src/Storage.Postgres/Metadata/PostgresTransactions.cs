using FaceCluster.Storage.Metadata;
using Npgsql;

namespace FaceCluster.Storage.Postgres.Metadata;

/// <summary>
/// Runs reads and transactions of the metadata, again where the database was away. Where the answer to a commit is lost,
/// the database is asked what became of the transaction, so that a write is done once.
/// </summary>
internal sealed class PostgresTransactions(PostgresDatabase database)
{
    private volatile bool _disposed;

    public Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => RunAsync(
        async token =>
        {
            await using var connection = await database.ConnectAsync(token).ConfigureAwait(false);
            return await work(connection, token).ConfigureAwait(false);
        },
        cancellationToken);

    public Task<T> WriteAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) => RunAsync(
        async token =>
        {
            var attempt = new Attempt();
            try
            {
                return await WriteOnceAsync(work, attempt, token).ConfigureAwait(false);
            }
            catch (Exception error) when (attempt.Committing && PostgresFailure.MayPass(error))
            {
                if (await database.RepeatAsync(inner => CommittedAsync(attempt.Transaction, inner), token).ConfigureAwait(false))
                {
                    return (T)attempt.Result!;
                }

                throw;
            }
        },
        cancellationToken);

    public void Close() => _disposed = true;

    private static async Task<bool> InProgressAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(50, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<T> WriteOnceAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<T>> work, Attempt attempt, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        attempt.Transaction = (await connection.QueryAsync(
            row => row.GetString(0), "SELECT pg_current_xact_id()::text", [], cancellationToken).ConfigureAwait(false))[0];
        var result = await work(connection, cancellationToken).ConfigureAwait(false);
        (attempt.Result, attempt.Committing) = (result, true);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async Task<bool> CommittedAsync(string transaction, CancellationToken cancellationToken)
    {
        await using var connection = await database.ConnectAsync(cancellationToken).ConfigureAwait(false);
        string? status;
        do
        {
            status = (await connection.QueryAsync(
                row => row.IsDBNull(0) ? null : row.GetString(0),
                "SELECT pg_xact_status($1::xid8)",
                [PostgresCommands.Typed(transaction, NpgsqlTypes.NpgsqlDbType.Text)],
                cancellationToken).ConfigureAwait(false))[0];
        }
        while (status == "in progress" && await InProgressAsync(cancellationToken).ConfigureAwait(false));
        return status == "committed";
    }

    private async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(IMetadataStore));
        try
        {
            return await database.RepeatAsync(work, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (ObjectDisposedException or OperationCanceledException) && PostgresFailure.IsMedium(error))
        {
            throw new MetadataFailedException($"The metadata could not be read or written: {error.Message}", error);
        }
    }

    private sealed class Attempt
    {
        public string Transaction { get; set; } = string.Empty;

        public object? Result { get; set; }

        public bool Committing { get; set; }
    }
}
