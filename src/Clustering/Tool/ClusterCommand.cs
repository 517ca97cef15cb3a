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

        var result = GroupClustering.Run(faces, request.Options, request.Constraints, knn: request.Knn, progress: progress, cancellation: cancellation);
        var labels = Numbered(result);
        if (request.Out is not null)
        {
            LabelFile.Write(request.Out, labels);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var certain = Enumerable.Range(0, faces.Count).Where(row => result.Marks[row] == FaceMarks.None).ToArray();
        var scores = truth is null ? null : ClusteringEvaluation.Evaluate(labels, truth);
        var certainScores = truth is null
            ? null
            : ClusteringEvaluation.Evaluate([.. certain.Select(row => labels[row])], [.. certain.Select(row => truth[row])]);
        if (request.Report is not null)
        {
            File.WriteAllText(request.Report, ClusteringReport.Render(result, scores, seconds));
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
