namespace FaceCluster.Silo;

/// <summary>What a process does.</summary>
[Flags]
public enum SiloRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Carries shards, clusters and identities.</summary>
    Compute = 1,

    /// <summary>Reads pictures.</summary>
    Inference = 2,

    /// <summary>Serves gRPC.</summary>
    Gateway = 4,
}
