using FaceCluster.Core;

namespace FaceCluster.Index;

/// <summary>
/// Which rows a search may return. All conditions that are set must hold. The filter runs inside the scan, so the
/// answer is the best k of the rows that pass, not the rows that pass among the best k.
/// </summary>
public sealed record RowFilter
{
    /// <summary>Only faces of strictly higher rank.</summary>
    public FaceRank? RankAbove { get; init; }

    /// <summary>Only faces seen by one of these cameras (ordinals as given to <see cref="ExactIndex.Append"/>).</summary>
    public IReadOnlySet<int>? Cameras { get; init; }

    /// <summary>Only faces captured at this time or later.</summary>
    public long? CapturedFrom { get; init; }

    /// <summary>Only faces captured before this time.</summary>
    public long? CapturedBefore { get; init; }

    /// <summary>Any other condition, for example membership in a collection or identity; called from several threads.</summary>
    public Func<FaceRecord, bool>? Predicate { get; init; }

    /// <summary>Whether the face passes.</summary>
    public bool Accepts(in FaceRecord face) =>
        (RankAbove is not { } floor || face.Rank > floor)
        && (Cameras is null || Cameras.Contains(face.Camera))
        && (CapturedFrom is not { } from || face.CaptureTime >= from)
        && (CapturedBefore is not { } before || face.CaptureTime < before)
        && (Predicate is null || Predicate(face));
}
