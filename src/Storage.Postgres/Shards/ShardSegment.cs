using System.Globalization;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>
/// One table of a shard's records. The newest is written; a snapshot stands in for all records up to its
/// <see cref="FirstLsn"/>, a log holds those after it. A table of its own per segment lets a compaction drop whole
/// tables, so that what was deleted leaves the database's files at once instead of waiting in dead rows.
/// </summary>
internal sealed class ShardSegment(long shard, int number, long firstLsn, bool snapshot)
{
    private ShardSegment? _successor;

    public int Number => number;

    public long FirstLsn => firstLsn;

    public bool Snapshot => snapshot;

    public string Table { get; } = TableName(shard, number);

    /// <summary>Bytes of the records.</summary>
    public long Bytes { get; set; }

    /// <summary>Records.</summary>
    public long Records { get; set; }

    /// <summary>The segment that has these records now: this one, or the snapshot that took them up.</summary>
    public ShardSegment Current
    {
        get
        {
            var segment = this;
            while (segment._successor is { } next)
            {
                segment = next;
            }

            return segment;
        }
    }

    /// <summary>Has what is here be looked for in a snapshot from now on.</summary>
    public void ReplaceBy(ShardSegment successor) => _successor = successor;

    public static string TableName(long shard, int number) => string.Create(CultureInfo.InvariantCulture, $"shard_{shard}_{number}");

    /// <summary>
    /// The statements that make a table. The epoch is part of the key so that a fenced owner that is still writing never
    /// makes the next one wait. Random floats do not compress: EXTERNAL saves the attempt and lets parts be read.
    /// </summary>
    public static string Create(string table) =>
        $"""
        CREATE TABLE {table} (
            lsn bigint NOT NULL,
            part integer NOT NULL,
            epoch bigint NOT NULL,
            type smallint NOT NULL,
            rows integer NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY (lsn, part, epoch)
        );
        ALTER TABLE {table} ALTER COLUMN body SET STORAGE EXTERNAL;
        """;
}
