using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Storage.Postgres;

/// <summary>Statements with positional parameters ($1, $2, ...).</summary>
internal static class PostgresCommands
{
    public static NpgsqlCommand Sql(this NpgsqlConnection connection, string text, params ReadOnlySpan<object?> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // The text is put together from constants and from names that the options checked.
        command.CommandText = text;
#pragma warning restore CA2100
        foreach (var value in parameters)
        {
            command.Parameters.Add(value switch
            {
                null => new NpgsqlParameter { Value = DBNull.Value },
                NpgsqlParameter parameter => parameter,
                _ => new NpgsqlParameter { Value = value },
            });
        }

        return command;
    }

    /// <summary>A parameter whose type cannot be told from its value.</summary>
    public static NpgsqlParameter Typed(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    public static async Task<int> ExecuteAsync(
        this NpgsqlConnection connection, string text, object?[] parameters, CancellationToken cancellationToken)
    {
        await using var command = connection.Sql(text, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task<List<T>> QueryAsync<T>(
        this NpgsqlConnection connection, Func<NpgsqlDataReader, T> read, string text, object?[] parameters, CancellationToken cancellationToken)
    {
        await using var command = connection.Sql(text, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
