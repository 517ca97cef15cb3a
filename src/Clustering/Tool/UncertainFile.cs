using System.Globalization;

namespace FaceCluster.Clustering;

/// <summary>
/// The uncertain faces of a run for people and scripts: tab-separated columns row, cluster, other (-1 where there is none),
/// margin in log-odds (empty where the face is alone or no other cluster is near), reasons.
/// </summary>
internal static class UncertainFile
{
    /// <summary>Writes the faces with a mark, by row.</summary>
    /// <param name="path">The file.</param>
    /// <param name="result">The clusters.</param>
    /// <param name="labels">Number of each row's cluster.</param>
    public static void Write(string path, GroupResult result, int[] labels)
    {
        using var writer = new StreamWriter(path);
        writer.Write("row\tcluster\tother\tmargin\treasons\n");
        for (var row = 0; row < labels.Length; row++)
        {
            var standing = result.Standings[row];
            if (standing.Marks == FaceMarks.None)
            {
                continue;
            }

            var other = standing.OtherCentre < 0 ? -1 : labels[standing.OtherCentre];
            var margin = float.IsFinite(standing.Margin) ? standing.Margin.ToString("F2", CultureInfo.InvariantCulture) : "";
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{row}\t{labels[row]}\t{other}\t{margin}\t{Reasons(standing.Marks)}\n"));
        }
    }

    private static string Reasons(FaceMarks marks) => string.Join(',', new[]
    {
        (FaceMarks.LowQuality, "low-quality"),
        (FaceMarks.Ambiguous, "ambiguous"),
        (FaceMarks.WeakLink, "weak-link"),
        (FaceMarks.Conflict, "conflict"),
    }.Where(mark => marks.HasFlag(mark.Item1)).Select(mark => mark.Item2));
}
