namespace FaceCluster.Training.Checkpoints;

/// <summary>What a checkpoint says about itself.</summary>
public sealed record CheckpointHeader
{
    /// <summary>Kind and sizes of the network; another network refuses the checkpoint.</summary>
    public required string Architecture { get; init; }

    /// <summary>Kind and sizes of the head.</summary>
    public required string Head { get; init; }

    /// <summary>Number of classes the head was trained with.</summary>
    public required int ClassCount { get; init; }

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Batches read.</summary>
    public required long Position { get; init; }

    /// <summary>What identifies the data and its order.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>The configuration of the run as JSON, for exporters and reports.</summary>
    public required string Configuration { get; init; }

    /// <summary>Rollbacks and skipped steps so far.</summary>
    public int Incidents { get; init; }

    /// <summary>Factor that incidents have put on the learning rate.</summary>
    public double RateFactor { get; init; } = 1;
}
