using System.Text.Json;
using FaceCluster.Core;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

internal sealed class SqliteIdentityTable(SqliteWorker reader, SqliteWorker writer) : IIdentityTable
{
    private const string Columns = "number, collection, id, display_name, labels, created_micros, updated_micros, etag, template";

    public Task CreateAsync(IdentityRow row, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            connection.Insert(
                ConflictKind.AlreadyExists,
                $"Collection '{row.Collection}' has an identity '{row.Id}' already.",
                """
                INSERT INTO identities (collection, id, display_name, labels, created_micros, updated_micros, etag, template)
                VALUES ($collection, $id, $name, $labels, $created, $updated, $etag, $template)
                """,
                Parameters(row));
            AddFaces(connection, row);
            return true;
        },
        cancellationToken);

    public Task UpdateAsync(IdentityRow row, string expectedEtag, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            CheckEtag(connection, row.Collection, row.Id, expectedEtag);
            connection.Execute(
                """
                UPDATE identities SET display_name = $name, labels = $labels, created_micros = $created,
                    updated_micros = $updated, etag = $etag, template = $template
                WHERE collection = $collection AND id = $id
                """,
                Parameters(row));
            connection.Execute(
                "DELETE FROM identity_faces WHERE identity = (SELECT number FROM identities WHERE collection = $collection AND id = $id)",
                ("$collection", row.Collection),
                ("$id", row.Id));
            AddFaces(connection, row);
            return true;
        },
        cancellationToken);

    public Task<IdentityRow?> FindAsync(string collection, string id, CancellationToken cancellationToken) => reader.RunAsync(
        connection => Read(
            connection,
            $"SELECT {Columns} FROM identities WHERE collection = $collection AND id = $id",
            ("$collection", collection),
            ("$id", id)).FirstOrDefault(),
        cancellationToken);

    public Task<IReadOnlyList<IdentityRow>> ListAsync(string collection, string? after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return reader.RunAsync<IReadOnlyList<IdentityRow>>(
            connection => Read(
                connection,
                $"SELECT {Columns} FROM identities WHERE collection = $collection AND id > $after ORDER BY id LIMIT $limit",
                ("$collection", collection),
                ("$after", after ?? ""),
                ("$limit", limit)),
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<FaceId, string>> FindByFacesAsync(
        string collection, IReadOnlyList<FaceId> faces, CancellationToken cancellationToken) =>
        reader.RunAsync<IReadOnlyDictionary<FaceId, string>>(
            connection =>
            {
                var found = new Dictionary<FaceId, string>();
                using var command = connection.Sql(
                    """
                    SELECT i.id FROM identity_faces f JOIN identities i ON i.number = f.identity
                    WHERE f.collection = $collection AND f.face = $face
                    """,
                    ("$collection", collection),
                    ("$face", Array.Empty<byte>()));
                foreach (var face in faces)
                {
                    command.Parameters[1].Value = face.Blob();
                    if (command.ExecuteScalar() is string id)
                    {
                        found[face] = id;
                    }
                }

                return found;
            },
            cancellationToken);

    public Task<bool> DeleteAsync(string collection, string id, string? expectedEtag, CancellationToken cancellationToken) => writer.RunAsync(
        connection =>
        {
            if (expectedEtag is not null && FindEtag(connection, collection, id) is not null)
            {
                CheckEtag(connection, collection, id, expectedEtag);
            }

            return connection.Execute(
                "DELETE FROM identities WHERE collection = $collection AND id = $id", ("$collection", collection), ("$id", id)) == 1;
        },
        cancellationToken);

    public Task<int> DeleteAllAsync(string collection, CancellationToken cancellationToken) => writer.RunAsync(
        connection => connection.Execute("DELETE FROM identities WHERE collection = $collection", ("$collection", collection)),
        cancellationToken);

    private static (string Name, object? Value)[] Parameters(IdentityRow row) =>
    [
        ("$collection", row.Collection),
        ("$id", row.Id),
        ("$name", row.DisplayName),
        ("$labels", JsonSerializer.Serialize(row.Labels)),
        ("$created", row.CreatedMicros),
        ("$updated", row.UpdatedMicros),
        ("$etag", row.Etag),
        ("$template", row.Template.ToArray()),
    ];

    private static void AddFaces(SqliteConnection connection, IdentityRow row)
    {
        var number = connection.Query(
            identity => identity.GetInt64(0),
            "SELECT number FROM identities WHERE collection = $collection AND id = $id",
            ("$collection", row.Collection),
            ("$id", row.Id))[0];
        for (var i = 0; i < row.Faces.Count; i++)
        {
            connection.Insert(
                ConflictKind.FaceTaken,
                $"Face {row.Faces[i].Face} belongs to an identity already.",
                "INSERT INTO identity_faces (identity, position, collection, face, weight) VALUES ($identity, $position, $collection, $face, $weight)",
                ("$identity", number),
                ("$position", i),
                ("$collection", row.Collection),
                ("$face", row.Faces[i].Face.Blob()),
                ("$weight", (double)row.Faces[i].Weight));
        }
    }

    private static string? FindEtag(SqliteConnection connection, string collection, string id) => connection.Query(
        row => row.GetString(0),
        "SELECT etag FROM identities WHERE collection = $collection AND id = $id",
        ("$collection", collection),
        ("$id", id)).FirstOrDefault();

    private static void CheckEtag(SqliteConnection connection, string collection, string id, string expected)
    {
        var stored = FindEtag(connection, collection, id)
            ?? throw new MetadataConflictException(ConflictKind.NotFound, $"Collection '{collection}' has no identity '{id}'.");
        if (stored != expected)
        {
            throw new MetadataConflictException(ConflictKind.Stale, $"Identity '{id}' changed since it was read.");
        }
    }

    private static List<IdentityRow> Read(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        // One snapshot for the rows and their faces.
        using var transaction = connection.BeginTransaction(deferred: true);
        var rows = connection.Query(row => (Number: row.GetInt64(0), Identity: Read(row)), text, parameters);
        using var faces = connection.Sql("SELECT face, weight FROM identity_faces WHERE identity = $identity ORDER BY position", ("$identity", 0L));
        return rows.ConvertAll(row => row.Identity with { Faces = ReadFaces(faces, row.Number) });
    }

    private static List<IdentityFace> ReadFaces(SqliteCommand command, long identity)
    {
        command.Parameters[0].Value = identity;
        using var reader = command.ExecuteReader();
        var faces = new List<IdentityFace>();
        while (reader.Read())
        {
            faces.Add(new IdentityFace(FaceId.Read(reader.GetBytes(0)), (float)reader.GetDouble(1)));
        }

        return faces;
    }

    private static IdentityRow Read(SqliteDataReader row) => new()
    {
        Collection = row.GetString(1),
        Id = row.GetString(2),
        DisplayName = row.GetString(3),
        Labels = JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4)) ?? [],
        CreatedMicros = row.GetInt64(5),
        UpdatedMicros = row.GetInt64(6),
        Etag = row.GetString(7),
        Template = row.GetBytes(8),
    };
}
