using System.Diagnostics;
using FaceCluster.Storage.Metadata;
using FaceCluster.Storage.Postgres.Schema;
using Npgsql;

namespace FaceCluster.Storage.Postgres;

/// <summary>
/// The connections of this process to one database, and its schema brought to the present version. With several hosts the
/// primary is used: a standby that is promoted takes over as soon as it accepts writes.
/// </summary>
/// <remarks>
/// Commits wait for the write-ahead log whatever the server's default is (<c>synchronous_commit = on</c>). A standby loses
/// what it has not received: for a failover without loss the server needs <c>synchronous_standby_names</c>.
/// </remarks>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private static readonly TimeSpan[] Delays =
        [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1)];

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _commits;

    private PostgresDatabase(NpgsqlDataSource source, PostgresStorageOptions options) =>
        (_source, Options, _commits) = (source, options, new SemaphoreSlim(options.MaxCommits));

    internal PostgresStorageOptions Options { get; }

    internal string Schema => Options.Schema;

    /// <summary>Connects and brings the schema to the present version; several processes may do so at once.</summary>
    /// <exception cref="MetadataFailedException">The database cannot be reached, or a newer program wrote its schema.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the connection string cannot be read.</exception>
    public static Task<PostgresDatabase> OpenAsync(PostgresStorageOptions options, CancellationToken cancellationToken = default) =>
        OpenAsync(options, PostgresSchema.Steps, cancellationToken);

    internal static async Task<PostgresDatabase> OpenAsync(
        PostgresStorageOptions options, IReadOnlyList<string> steps, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var database = new PostgresDatabase(Connect(options), options);
        try
        {
            await database.RepeatAsync(
                async token =>
                {
                    await using var connection = await database._source.OpenConnectionAsync(token).ConfigureAwait(false);
                    await PostgresSchema.MigrateAsync(connection, options.Schema, steps, token).ConfigureAwait(false);
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            return database;
        }
        catch (Exception error)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            if (PostgresFailure.IsMedium(error))
            {
                throw new MetadataFailedException($"The database cannot be used: {error.Message}", error);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync().ConfigureAwait(false);
        _commits.Dispose();
    }

    /// <summary>Waits until fewer than <see cref="PostgresStorageOptions.MaxCommits"/> groups are under way, then runs.</summary>
    internal async Task WithCommitAsync(Func<Task> commit, CancellationToken cancellationToken)
    {
        await _commits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await commit().ConfigureAwait(false);
        }
        finally
        {
            _commits.Release();
        }
    }

    /// <summary>A connection of the pool.</summary>
    internal ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>
    /// Runs work that may be repeated as a whole, again and again while its failures may pass, as long as the options say.
    /// </summary>
    internal async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (
                PostgresFailure.MayPass(error) && !cancellationToken.IsCancellationRequested
                && Stopwatch.GetElapsedTime(started) < Options.Patience)
            {
                await Task.Delay(Delays[Math.Min(attempt, Delays.Length - 1)], cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static NpgsqlDataSource Connect(PostgresStorageOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            CommandTimeout = (int)options.StatementTimeout.TotalSeconds,
            MaxPoolSize = options.MaxConnections,
            SearchPath = options.Schema,
            Enlist = false,
        };
        text.ApplicationName ??= "facecluster";
        text.Timeout = Math.Min(text.Timeout, 5);
        text.CancellationTimeout = 2000;

        // For so long a host keeps the name of a standby after it was promoted.
        text.HostRecheckSeconds = Math.Min(text.HostRecheckSeconds, 1);
        if (text.TcpKeepAlive is false)
        {
            (text.TcpKeepAlive, text.TcpKeepAliveTime, text.TcpKeepAliveInterval) = (true, 10, 5);
        }

        if (text.MaxAutoPrepare == 0)
        {
            // Each shard sends the same few statements over and over: the server need not read and plan them each time.
            (text.MaxAutoPrepare, text.AutoPrepareMinUsages) = (64, 3);
        }

        // A process that is held up in the middle of a transaction must not keep its locks for long.
        text.Options = $"{text.Options} -c synchronous_commit=on -c idle_in_transaction_session_timeout=5000 -c lock_timeout=8000".Trim();
        var builder = new NpgsqlDataSourceBuilder(text.ConnectionString);
        return text.Host?.Contains(',', StringComparison.Ordinal) == true
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.ReadWrite)
            : builder.Build();
    }
}
