using System.Data;
using System.Text.Json;
using FaceCluster.Core;
using FaceCluster.Storage.Metadata;
using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Storage.Postgres.Metadata;

internal sealed class PostgresIdentityTable(PostgresTransactions transactions) : IIdentityTable
{
    private const string Columns = "number, collection, id, display_name, labels, created_micros, updated_micros, etag, template";

    public Task CreateAsync(IdentityRow row, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var numbers = await connection.QueryAsync(
                reader => reader.GetInt64(0),
                """
                INSERT INTO identities (collection, id, display_name, labels, created_micros, updated_micros, etag, template)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING number
                """,
                Parameters(row),
                token).ConfigureAwait(false);
            if (numbers.Count == 0)
            {
                throw new MetadataConflictException(
                    ConflictKind.AlreadyExists, $"Collection '{row.Collection}' has an identity '{row.Id}' already.");
            }

            await AddFacesAsync(connection, row, numbers[0], token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task UpdateAsync(IdentityRow row, string expectedEtag, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var number = await LockAsync(connection, row.Collection, row.Id, expectedEtag, token).ConfigureAwait(false)
                ?? throw new MetadataConflictException(ConflictKind.NotFound, $"Collection '{row.Collection}' has no identity '{row.Id}'.");
            await connection.ExecuteAsync(
                """
                UPDATE identities SET display_name = $3, labels = $4, created_micros = $5, updated_micros = $6, etag = $7, template = $8
                WHERE collection = $1 AND id = $2
                """,
                Parameters(row),
                token).ConfigureAwait(false);
            await connection.ExecuteAsync("DELETE FROM identity_faces WHERE identity = $1", [number], token).ConfigureAwait(false);
            await AddFacesAsync(connection, row, number, token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<IdentityRow?> FindAsync(string collection, string id, CancellationToken cancellationToken) => transactions.ReadAsync(
        async (connection, token) => (await ReadAsync(
            connection, $"SELECT {Columns} FROM identities WHERE collection = $1 AND id = $2", [collection, id], token).ConfigureAwait(false)).FirstOrDefault(),
        cancellationToken);

    public Task<IReadOnlyList<IdentityRow>> ListAsync(string collection, string? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return transactions.ReadAsync<IReadOnlyList<IdentityRow>>(
            async (connection, token) => await ReadAsync(
                connection,
                $"SELECT {Columns} FROM identities WHERE collection = $1 AND id > $2 ORDER BY id LIMIT $3",
                [collection, after ?? string.Empty, limit],
                token).ConfigureAwait(false),
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<FaceId, string>> FindByFacesAsync(
        string collection, IReadOnlyList<FaceId> faces, CancellationToken cancellationToken) =>
        transactions.ReadAsync<IReadOnlyDictionary<FaceId, string>>(
            async (connection, token) => (await connection.QueryAsync(
                row => (Face: FaceId.Read(row.GetFieldValue<byte[]>(0)), Id: row.GetString(1)),
                """
                SELECT f.face, i.id FROM identity_faces f JOIN identities i ON i.number = f.identity
                WHERE f.collection = $1 AND f.face = ANY ($2)
                """,
                [collection, PostgresCommands.Typed(faces.Select(Bytes).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea)],
                token).ConfigureAwait(false)).ToDictionary(row => row.Face, row => row.Id),
            cancellationToken);

    public Task<bool> DeleteAsync(string collection, string id, string? expectedEtag, CancellationToken cancellationToken) => transactions.WriteAsync(
        async (connection, token) =>
        {
            var number = await LockAsync(connection, collection, id, expectedEtag, token).ConfigureAwait(false);
            return number is not null
                && await connection.ExecuteAsync("DELETE FROM identities WHERE number = $1", [number], token).ConfigureAwait(false) == 1;
        },
        cancellationToken);

    public Task<int> DeleteAllAsync(string collection, CancellationToken cancellationToken) => transactions.WriteAsync(
        (connection, token) => connection.ExecuteAsync("DELETE FROM identities WHERE collection = $1", [collection], token), cancellationToken);

    private static byte[] Bytes(FaceId face)
    {
        var bytes = new byte[FaceId.Size];
        face.Write(bytes);
        return bytes;
    }

    private static object?[] Parameters(IdentityRow row) =>
    [
        row.Collection, row.Id, row.DisplayName, JsonSerializer.Serialize(row.Labels), row.CreatedMicros, row.UpdatedMicros, row.Etag, row.Template.ToArray(),
    ];

    /// <summary>The identity's number, its row held; null where there is none.</summary>
    private static async Task<long?> LockAsync(
        NpgsqlConnection connection, string collection, string id, string? expectedEtag, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            row => (Number: row.GetInt64(0), Etag: row.GetString(1)),
            "SELECT number, etag FROM identities WHERE collection = $1 AND id = $2 FOR UPDATE",
            [collection, id],
            cancellationToken).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return null;
        }

        return expectedEtag is null || found[0].Etag == expectedEtag
            ? found[0].Number
            : throw new MetadataConflictException(ConflictKind.Stale, $"Identity '{id}' changed since it was read.");
    }

    private static async Task AddFacesAsync(NpgsqlConnection connection, IdentityRow row, long number, CancellationToken cancellationToken)
    {
        if (row.Faces.Count == 0)
        {
            return;
        }

        try
        {
            await connection.ExecuteAsync(
                """
                INSERT INTO identity_faces (identity, position, collection, face, weight)
                SELECT $1, face.position - 1, $2, face.id, face.weight FROM unnest($3, $4) WITH ORDINALITY AS face (id, weight, position)
                """,
                [
                    number,
                    row.Collection,
                    PostgresCommands.Typed(row.Faces.Select(face => Bytes(face.Face)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea),
                    PostgresCommands.Typed(row.Faces.Select(face => face.Weight).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Real),
                ],
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new MetadataConflictException(ConflictKind.FaceTaken, $"A face of identity '{row.Id}' belongs to an identity already.");
        }
    }

    private static async Task<List<IdentityRow>> ReadAsync(
        NpgsqlConnection connection, string text, object?[] parameters, CancellationToken cancellationToken)
    {
        // One snapshot for the rows and their faces.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        var rows = await connection.QueryAsync(row => (Number: row.GetInt64(0), Identity: Read(row)), text, parameters, cancellationToken).ConfigureAwait(false);
        var faces = await connection.QueryAsync(
            row => (Number: row.GetInt64(0), Face: new IdentityFace(FaceId.Read(row.GetFieldValue<byte[]>(1)), row.GetFloat(2))),
            "SELECT identity, face, weight FROM identity_faces WHERE identity = ANY ($1) ORDER BY identity, position",
            [rows.ConvertAll(row => row.Number)],
            cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        var byIdentity = faces.ToLookup(face => face.Number, face => face.Face);
        return rows.ConvertAll(row => row.Identity with { Faces = [.. byIdentity[row.Number]] });
    }

    private static IdentityRow Read(NpgsqlDataReader row) => new()
    {
        Collection = row.GetString(1),
        Id = row.GetString(2),
        DisplayName = row.GetString(3),
        Labels = JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4)) ?? [],
        CreatedMicros = row.GetInt64(5),
        UpdatedMicros = row.GetInt64(6),
        Etag = row.GetString(7),
        Template = row.GetFieldValue<byte[]>(8),
    };
}
