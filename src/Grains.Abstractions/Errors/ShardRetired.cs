namespace FaceCluster.Grains;

/// <summary>
/// The answer of a shard that was split: whoever gets it has an old map, fetches the present one and repeats the whole call
/// with it. It is never answered where the call took effect in part.
/// </summary>
public static class ShardRetired
{
    /// <summary>The reason.</summary>
    public const string Reason = "SHARD_RETIRED";

    /// <summary>A new one.</summary>
    public static DomainException Create(int shard) =>
        new(DomainStatus.Unavailable, Reason, $"Shard {shard} was split; repeat the call.");

    /// <summary>Whether an error is this answer.</summary>
    public static bool Is(Exception error) => error is DomainException { Reason: Reason };
}
