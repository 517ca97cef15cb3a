using FaceCluster.Cli.CommandLine;
using FaceCluster.Clustering;

namespace FaceCluster.Cli.Output;

/// <summary>The scores of a clustering as the commands print them. 0/0 becomes null.</summary>
internal sealed record EvaluationReport(
    int Faces,
    int Identities,
    int Clusters,
    double? PairwiseP,
    double? PairwiseR,
    double? PairwiseF,
    double? BcubedP,
    double? BcubedR,
    double? BcubedF,
    double? Nmi,
    double? NmiGeometric,
    double? Ari,
    double? IdentityF50,
    double? IdentityF90,
    double? WrongSingletons)
{
    /// <summary>The report of these scores.</summary>
    public static EvaluationReport Of(ClusteringScores scores) => new(
        scores.Faces,
        scores.Identities,
        scores.Clusters,
        Number(scores.Pairwise.Precision),
        Number(scores.Pairwise.Recall),
        Number(scores.Pairwise.F),
        Number(scores.BCubed.Precision),
        Number(scores.BCubed.Recall),
        Number(scores.BCubed.F),
        Number(scores.NmiArithmetic),
        Number(scores.NmiGeometric),
        Number(scores.AdjustedRand),
        Number(scores.Identity50.F),
        Number(scores.Identity90.F),
        Number(scores.WrongSingletons));

    /// <summary>Prints it for people.</summary>
    public void Write(CliConsole console)
    {
        console.Output.WriteLine($"{Faces} faces of {Identities} people in {Clusters} clusters");
        var table = Tables.Create("score", ">F", ">precision", ">recall");
        table.Add("BCubed", Text(BcubedF), Text(BcubedP), Text(BcubedR));
        table.Add("pairwise", Text(PairwiseF), Text(PairwiseP), Text(PairwiseR));
        table.Add("identity (over 0.5)", Text(IdentityF50), "", "");
        table.Add("identity (over 0.9)", Text(IdentityF90), "", "");
        table.Add("NMI (arithmetic)", Text(Nmi), "", "");
        table.Add("NMI (geometric)", Text(NmiGeometric), "", "");
        table.Add("adjusted Rand", Text(Ari), "", "");
        console.Results.Write(table);
    }

    // JSON has no NaN.
    private static double? Number(double value) => double.IsFinite(value) ? value : null;

    private static string Text(double? value) => value is { } number ? $"{number:0.0000}" : "-";
}
