namespace FaceCluster.Storage.Postgres.Schema;

internal static partial class PostgresSchema
{
    /// <summary>
    /// All steps so far. Records of a shard lie in tables of their own, one per segment, which are made and dropped as the
    /// shard is written and compacted; see <c>ShardSegment</c>.
    /// </summary>
    public static IReadOnlyList<string> Steps { get; } =
    [
        """
        CREATE TABLE shards (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            collection text COLLATE "C" NOT NULL,
            number integer NOT NULL,
            dimension integer NOT NULL,
            epoch bigint NOT NULL,
            last_lsn bigint NOT NULL,
            UNIQUE (collection, number)
        ) WITH (fillfactor = 50);

        CREATE TABLE shard_segments (
            shard bigint NOT NULL REFERENCES shards (id) ON DELETE CASCADE,
            segment integer NOT NULL,
            first_lsn bigint NOT NULL,
            snapshot boolean NOT NULL,
            PRIMARY KEY (shard, segment)
        );

        CREATE TABLE collections (
            name text COLLATE "C" PRIMARY KEY,
            uid uuid NOT NULL,
            model_id text NOT NULL,
            settings text NOT NULL,
            shard_map text NOT NULL,
            created_micros bigint NOT NULL,
            revision bigint NOT NULL,
            deleted_micros bigint
        );

        CREATE TABLE identities (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            collection text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            display_name text NOT NULL,
            labels text NOT NULL,
            created_micros bigint NOT NULL,
            updated_micros bigint NOT NULL,
            etag text NOT NULL,
            template bytea NOT NULL,
            UNIQUE (collection, id)
        );

        CREATE TABLE identity_faces (
            identity bigint NOT NULL REFERENCES identities (number) ON DELETE CASCADE,
            position integer NOT NULL,
            collection text COLLATE "C" NOT NULL,
            face bytea NOT NULL,
            weight real NOT NULL,
            PRIMARY KEY (identity, position),
            UNIQUE (collection, face)
        );

        CREATE TABLE requests (
            request_id text COLLATE "C" PRIMARY KEY,
            method text NOT NULL,
            request_digest bigint NOT NULL,
            response bytea NOT NULL,
            expires_micros bigint NOT NULL
        );

        CREATE INDEX requests_by_expiry ON requests (expires_micros);

        CREATE TABLE api_keys (
            id text COLLATE "C" PRIMARY KEY,
            hash bytea NOT NULL,
            scopes text NOT NULL,
            note text NOT NULL,
            created_micros bigint NOT NULL,
            revoked_micros bigint
        );

        CREATE TABLE stored_values (
            key text COLLATE "C" PRIMARY KEY,
            value bytea NOT NULL,
            version bigint NOT NULL
        );
        """,
    ];
}
