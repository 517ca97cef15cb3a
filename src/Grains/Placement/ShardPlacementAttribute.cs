using Orleans.Placement;

namespace FaceCluster.Grains.Placement;

/// <summary>Spreads shards evenly, see <see cref="ShardPlan"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ShardPlacementAttribute() : PlacementAttribute(new ShardPlacement());

/// <summary>The strategy behind <see cref="ShardPlacementAttribute"/>.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("fc.ShardPlacement")]
internal sealed class ShardPlacement : PlacementStrategy;
