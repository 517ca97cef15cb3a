using FaceCluster.Cli.Ingest;

namespace FaceCluster.Cli.Demo;

/// <summary>What the demonstration prints. Names become snake_case in JSON.</summary>
public sealed record DemoSummary
{
    /// <summary>Frames sent.</summary>
    public required int Frames { get; init; }

    /// <summary>Faces stored.</summary>
    public required long Faces { get; init; }

    /// <summary>Clusters that they form.</summary>
    public required int Clusters { get; init; }

    /// <summary>People in the photographs who were seen at least once.</summary>
    public required int Identities { get; init; }

    /// <summary>Pairwise F against the truth, over all stored faces.</summary>
    public required double PairwiseF { get; init; }

    /// <summary>BCubed F against the truth, over all stored faces.</summary>
    public required double BcubedF { get; init; }

    /// <summary>Faces stored per second of streaming.</summary>
    public required double FacesPerS { get; init; }

    /// <summary>Frames acknowledged per second of streaming.</summary>
    public required double FramesPerS { get; init; }

    /// <summary>Median time from sending a frame to its acknowledgement, milliseconds.</summary>
    public required double AckP50Ms { get; init; }

    /// <summary>95th percentile of the same.</summary>
    public required double AckP95Ms { get; init; }

    /// <summary>Median time from acknowledgement until the faces are in their clusters, milliseconds.</summary>
    public required double LagP50Ms { get; init; }

    /// <summary>95th percentile of the same.</summary>
    public required double LagP95Ms { get; init; }

    /// <summary>Faces found and not stored, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Refused { get; init; }

    /// <summary>Frames refused as a whole, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Errors { get; init; }

    /// <summary>Stored faces that are on no person: false alarms of the detector.</summary>
    public required int Strays { get; init; }

    /// <summary>Stored faces whose place the server marked as uncertain.</summary>
    public required int Uncertain { get; init; }

    /// <summary>Clusters of at least ten faces; the rest holds the hardest frames.</summary>
    public required int LargeClusters { get; init; }

    /// <summary>Scores of all faces; a false alarm is labelled by its place.</summary>
    public required DemoScores All { get; init; }

    /// <summary>Scores of the faces that show a person.</summary>
    public required DemoScores People { get; init; }

    /// <summary>Scores of the faces whose place the server did not mark as uncertain.</summary>
    public required DemoScores Certain { get; init; }

    /// <summary>Scores of the faces that show a person, where the undecided pairs of people count as one person each.</summary>
    public required DemoScores UndecidedAsOne { get; init; }

    /// <summary>Time to render the frames, seconds.</summary>
    public required double RenderSeconds { get; init; }

    /// <summary>Time until every frame was acknowledged, seconds.</summary>
    public required double StreamSeconds { get; init; }

    /// <summary>Time of the whole demonstration, seconds.</summary>
    public required double TotalSeconds { get; init; }

    /// <summary>The page with the contact sheets.</summary>
    public required string Page { get; init; }

    /// <summary>Clusters from this size on count as large.</summary>
    public const int LargeCluster = 10;

    /// <summary>Puts the figures together.</summary>
    internal static DemoSummary Of(VirtualFleet fleet, FleetPlayer player, DemoOutcome outcome, TimeSpan render, TimeSpan total, string page)
    {
        var faces = outcome.Faces.ToArray();
        var all = Score(faces, face => face.Label);
        var seconds = Math.Max(player.Streaming.TotalSeconds, 1e-3);
        return new DemoSummary
        {
            Frames = fleet.FrameCount,
            Faces = faces.Length,
            Clusters = outcome.Clusters.Count,
            Identities = faces.Where(face => face.IsPerson).Select(face => face.Label).Distinct(StringComparer.Ordinal).Count(),
            PairwiseF = all.PairwiseF,
            BcubedF = all.BcubedF,
            FacesPerS = Math.Round(faces.Length / seconds, 1),
            FramesPerS = Math.Round(fleet.FrameCount / seconds, 1),
            AckP50Ms = Math.Round(player.Tally.LatencyQuantile(0.50), 1),
            AckP95Ms = Math.Round(player.Tally.LatencyQuantile(0.95), 1),
            LagP50Ms = Math.Round(IngestTally.Quantile(player.Lags, 0.50), 1),
            LagP95Ms = Math.Round(IngestTally.Quantile(player.Lags, 0.95), 1),
            Refused = player.Tally.Refused,
            Errors = player.Tally.Errors,
            Strays = outcome.Strays,
            Uncertain = faces.Count(face => face.IsUncertain),
            LargeClusters = outcome.Clusters.Count(cluster => cluster.Count >= LargeCluster),
            All = all,
            People = Score(faces.Where(face => face.IsPerson), face => face.Label),
            Certain = Score(faces.Where(face => !face.IsUncertain), face => face.Label),
            UndecidedAsOne = Score(faces.Where(face => face.IsPerson), face => fleet.Truth.Merge(face.Label)),
            RenderSeconds = Math.Round(render.TotalSeconds, 1),
            StreamSeconds = Math.Round(player.Streaming.TotalSeconds, 1),
            TotalSeconds = Math.Round(total.TotalSeconds, 1),
            Page = page,
        };
    }

    private static DemoScores Score(IEnumerable<ClusteredFace> faces, Func<ClusteredFace, string> label) =>
        DemoScores.Of([.. faces.Select(face => (face.Cluster, label(face)))]);
}
