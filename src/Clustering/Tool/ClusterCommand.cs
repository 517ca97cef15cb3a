using System.Diagnostics;

namespace FaceCluster.Clustering;

/// <summary>What the <c>cluster</c> command is asked to do.</summary>
/// <param name="Features">File of raw embeddings (see <see cref="FeatureFile"/>).</param>
/// <param name="Dimension">Floats per row.</param>
public sealed record ClusterRequest(string Features, int Dimension = 512)
{
    /// <summary>True identities, one a line, to score against; or null.</summary>
    public string? Labels { get; init; }

    /// <summary>Where the cluster of each row goes, one number a line; or null.</summary>
    public string? Out { get; init; }

    /// <summary>Where the report (HTML, self-contained) goes; or null.</summary>
    public string? Report { get; init; }

    /// <summary>Where the uncertain faces go, one a line with the reasons; or null.</summary>
    public string? Uncertain { get; init; }

    /// <summary>
    /// The frame that each face was seen in, one integer a line, -1 where it is not known; or null. Faces of one frame are
    /// two people as a rule: evidence against a join, and free negatives for the report's thresholds.
    /// </summary>
    public string? Frames { get; init; }

    /// <summary>How neighbours are found, or null for a comparison of all pairs.</summary>
    public IKnnBuilder? Knn { get; init; }

    /// <summary>Settings of the clustering.</summary>
    public GroupOptions Options { get; init; } = GroupOptions.Default;

    /// <summary>What people have said, or none.</summary>
    public ConstraintSet Constraints { get; init; } = ConstraintSet.Empty;
}

/// <summary>The batch tool: embeddings in, clusters out.</summary>
public static class ClusterCommand
{
    /// <summary>More is rather a column of something else than a picture of people.</summary>
    private const int MostFacesOfAFrame = 1000;

    /// <summary>Runs it.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="progress">Told the share of the work done, in [0, 1], from any thread; may be null.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="InvalidDataException">A file cannot be used; the message names it.</exception>
    public static ClusterSummaryReport Run(ClusterRequest request, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var clock = Stopwatch.StartNew();
        var faces = FeatureFile.Read(request.Features, request.Dimension);
        var truth = request.Labels is null ? null : LabelFile.Read(request.Labels);
        if (truth is not null && truth.Length != faces.Count)
        {
            throw new InvalidDataException($"{request.Labels} has {truth.Length} labels, {request.Features} has {faces.Count} rows.");
        }

        var constraints = request.Frames is null ? request.Constraints : SeenTogether(faces, request);
        var result = GroupClustering.Run(faces, request.Options, constraints, knn: request.Knn, progress: progress, cancellation: cancellation);
        var labels = Numbered(result);
        if (request.Out is not null)
        {
            LabelFile.Write(request.Out, labels);
        }

        if (request.Uncertain is not null)
        {
            UncertainFile.Write(request.Uncertain, result, labels);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var certain = Enumerable.Range(0, faces.Count).Where(row => result.Marks[row] == FaceMarks.None).ToArray();
        var scores = truth is null ? null : ClusteringEvaluation.Evaluate(labels, truth);
        var certainScores = truth is null
            ? null
            : ClusteringEvaluation.Evaluate([.. certain.Select(row => labels[row])], [.. certain.Select(row => truth[row])]);
        if (request.Report is not null)
        {
            File.WriteAllText(request.Report, ClusteringReport.Render(result, scores, seconds, constraints));
        }

        return new ClusterSummaryReport
        {
            Faces = faces.Count,
            Clusters = result.ClusterCount,
            Uncertain = faces.Count - certain.Length,
            Coverage = faces.Count == 0 ? 1 : (double)certain.Length / faces.Count,
            PairwisePrecision = Finite(scores?.Pairwise.Precision),
            PairwiseRecall = Finite(scores?.Pairwise.Recall),
            PairwiseF = Finite(scores?.Pairwise.F),
            BCubedPrecision = Finite(scores?.BCubed.Precision),
            BCubedRecall = Finite(scores?.BCubed.Recall),
            BCubedF = Finite(scores?.BCubed.F),
            Nmi = Finite(scores?.NmiArithmetic),
            CertainPairwiseF = Finite(certainScores?.Pairwise.F),
            CertainBCubedF = Finite(certainScores?.BCubed.F),
            Seconds = Math.Round(seconds, 3),
            PeakMegabytes = Math.Round(Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0, 1),
        };
    }

    /// <summary>The constraints of the request and a soft one for each two faces of a frame.</summary>
    private static ConstraintSet SeenTogether(FaceSet faces, ClusterRequest request)
    {
        var frames = LabelFile.Read(request.Frames!);
        if (frames.Length != faces.Count)
        {
            throw new InvalidDataException($"{request.Frames} has {frames.Length} frames, {request.Features} has {faces.Count} rows.");
        }

        var constraints = new ConstraintSet();
        foreach (var pair in request.Constraints.MustLinks)
        {
            constraints.MustLink(pair.Left, pair.Right);
        }

        foreach (var pair in request.Constraints.CannotLinks)
        {
            constraints.CannotLink(pair.Left, pair.Right);
        }

        foreach (var pair in request.Constraints.SameFrame)
        {
            constraints.SeenTogether(pair.Left, pair.Right);
        }

        foreach (var frame in frames.Select((frame, row) => (frame, row)).Where(p => p.frame >= 0).GroupBy(p => p.frame, p => p.row).Select(g => g.ToArray()))
        {
            if (frame.Length > MostFacesOfAFrame)
            {
                throw new InvalidDataException(
                    $"{request.Frames}: {frame.Length} faces share a frame; at most {MostFacesOfAFrame} are possible. Write -1 where the frame is not known.");
            }

            for (var a = 0; a < frame.Length; a++)
            {
                for (var b = a + 1; b < frame.Length; b++)
                {
                    constraints.SeenTogether(faces.Id(frame[a]), faces.Id(frame[b]));
                }
            }
        }

        return constraints;
    }

    /// <summary>Cluster numbers from 0 in the order of the first row of each.</summary>
    internal static int[] Numbered(GroupResult result)
    {
        var numbers = new Dictionary<int, int>();
        var labels = new int[result.Faces.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            if (!numbers.TryGetValue(result.Centres[row], out var number))
            {
                numbers.Add(result.Centres[row], number = numbers.Count);
            }

            labels[row] = number;
        }

        return labels;
    }

    /// <summary>JSON has no NaN: an undefined score is left out.</summary>
    internal static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;
}
