using FaceCluster.Core;
using Microsoft.Data.Sqlite;

namespace FaceCluster.Storage.Metadata.Sqlite;

/// <summary>Short forms for commands and columns.</summary>
internal static class SqliteStatement
{
    public static SqliteCommand Sql(this SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }

    public static int Execute(this SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Sql(text, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Like <see cref="Execute"/>, a broken uniqueness reported as a conflict.</summary>
    public static void Insert(
        this SqliteConnection connection, ConflictKind kind, string conflict, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        const int PrimaryKey = 1555;
        const int Unique = 2067;
        try
        {
            connection.Execute(text, parameters);
        }
        catch (SqliteException error) when (error.SqliteExtendedErrorCode is PrimaryKey or Unique)
        {
            throw new MetadataConflictException(kind, conflict);
        }
    }

    public static List<T> Query<T>(
        this SqliteConnection connection, Func<SqliteDataReader, T> read, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = connection.Sql(text, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public static byte[] Blob(this FaceId face)
    {
        var bytes = new byte[FaceId.Size];
        face.Write(bytes);
        return bytes;
    }

    public static byte[] GetBytes(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static long? GetNullableInt64(this SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetInt64(column);
}
