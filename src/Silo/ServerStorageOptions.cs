namespace FaceCluster.Silo;

/// <summary>Where faces and metadata are kept.</summary>
public enum StorageKind
{
    /// <summary>Files in the data folder of the one process that uses it.</summary>
    Embedded,

    /// <summary>PostgreSQL, which all processes of a cluster share.</summary>
    Postgres,
}

/// <summary>Where faces and metadata are kept.</summary>
public sealed class ServerStorageOptions
{
    /// <summary>Which store.</summary>
    public StorageKind Kind { get; set; }

    /// <summary>Connection string, for PostgreSQL.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Schema of the tables in PostgreSQL.</summary>
    public string Schema { get; set; } = "facecluster";

    /// <summary>Most connections of this process to PostgreSQL, 4 or more.</summary>
    public int MaxConnections { get; set; } = 24;
}
