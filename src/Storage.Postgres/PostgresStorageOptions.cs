namespace FaceCluster.Storage.Postgres;

/// <summary>Where and how shards and metadata are kept in PostgreSQL.</summary>
public sealed record PostgresStorageOptions
{
    /// <summary>
    /// The connection, as Npgsql reads it. Several hosts separated by commas name a primary and its standbys; the one that
    /// accepts writes is used (see <see cref="PostgresDatabase"/>).
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>Schema of all tables, created where it does not exist: 1..48 of a-z, 0-9 and underscore, first a letter.</summary>
    public string Schema { get; init; } = "facecluster";

    /// <summary>Bytes that may wait in one shard before writes are refused, at least one record's worth.</summary>
    public long MaxPendingBytes { get; init; } = 128L << 20;

    /// <summary>
    /// Bytes of link records after which a shard compacts itself, once they are also a third of what it stores. 0 for never.
    /// </summary>
    public long CompactLinkBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of a commit group from which it is written by binary COPY rather than by one statement.</summary>
    public int BulkBytes { get; init; } = 512 << 10;

    /// <summary>
    /// How long a write waits for a database that is away, restarts or refuses writes before it fails. What was written is
    /// found out after the wait; a write is never stored twice.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long one statement may take before the connection counts as lost; a second or more.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Commit groups of this process that are under way at the same time, 1 or more. While as many are, what the other shards
    /// have to write gathers into larger groups, which cost the database less per face.
    /// </summary>
    public int MaxCommits { get; init; } = 4;

    /// <summary>Most connections of this process, 4 or more.</summary>
    public int MaxConnections { get; init; } = 24;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ConnectionString);
        if (Schema is not { Length: > 0 and <= 48 } || !char.IsAsciiLetterLower(Schema[0]) || Schema.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '_'))
        {
            throw new ArgumentException($"{nameof(Schema)} is '{Schema}'; 1 to 48 of a-z, 0-9 and _, first a letter, are allowed.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPendingBytes, ShardLimits.MaxRecordBytes, nameof(MaxPendingBytes));
        ArgumentOutOfRangeException.ThrowIfNegative(CompactLinkBytes, nameof(CompactLinkBytes));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BulkBytes, nameof(BulkBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(StatementTimeout, TimeSpan.FromSeconds(1), nameof(StatementTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCommits, 1, nameof(MaxCommits));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 4, nameof(MaxConnections));
    }
}
