using System.Net.Sockets;
using Npgsql;

namespace FaceCluster.Storage.Postgres;

/// <summary>Sorts what goes wrong with a database.</summary>
internal static class PostgresFailure
{
    /// <summary>
    /// Whether the failure goes away by itself or by the operator's hand, so that the same statement is worth sending again:
    /// connection lost, timeout, restart, failover, refused writes, a full disk, a lock not had.
    /// </summary>
    public static bool MayPass(Exception error) => error switch
    {
        PostgresException postgres => postgres.IsTransient || postgres.SqlState[..2] is "08" or "53" or "57" or "58"
            || postgres.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable
                or "25P03",
        NpgsqlException or SocketException or IOException or TimeoutException => true,

        // A connection that broke under a command shows as a wrong state of the command or as a disposed stream.
        InvalidOperationException or ObjectDisposedException => error.Source == nameof(Npgsql),
        _ => false,
    };

    /// <summary>Whether the statement named a table that is gone.</summary>
    public static bool IsMissingTable(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable };

    /// <summary>Whether the medium is at fault rather than the caller.</summary>
    public static bool IsMedium(Exception error) =>
        error is NpgsqlException or SocketException or IOException or TimeoutException || MayPass(error);
}
