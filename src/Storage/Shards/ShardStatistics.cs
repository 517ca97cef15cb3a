namespace FaceCluster.Storage;

/// <summary>Size of a shard as stored.</summary>
/// <param name="LiveFaces">Faces with an embedding that are not deleted.</param>
/// <param name="DeadFaces">Deleted faces whose embedding waits for compaction.</param>
/// <param name="SnapshotBytes">Bytes of the snapshot.</param>
/// <param name="LogBytes">Bytes written since the snapshot.</param>
/// <param name="SnapshotLsn">Last record the snapshot covers; 0 without a snapshot.</param>
/// <param name="DurableLsn">Last record that is durable; 0 in an empty shard.</param>
public readonly record struct ShardStatistics(
    long LiveFaces,
    long DeadFaces,
    long SnapshotBytes,
    long LogBytes,
    long SnapshotLsn,
    long DurableLsn);
