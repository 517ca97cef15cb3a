using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Clustering;
using Tool = FaceCluster.Clustering.ClusterCommand;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster cluster</c>: clusters a file of embeddings, without a server.</summary>
internal sealed class ClusterCommand : CliCommand
{
    private const int ProgressSteps = 1000;
    private readonly CliConsole _console;

    private readonly Option<string> _features = new("--features")
    {
        Description = "Raw embeddings, not normalised: little-endian singles, row by row, no header (what 'embed' writes; .f32, .bin), or a NumPy array (.npy, .npz).",
        HelpName = "X.f32",
        Required = true,
    };

    private readonly Option<int> _dimension = new("--dim") { Description = "Numbers per row.", HelpName = "N", DefaultValueFactory = _ => 512 };
    private readonly Option<string?> _labels = new("--labels") { Description = "True labels, one integer per line, to score against.", HelpName = "Y.meta" };
    private readonly Option<string?> _out = new("--out") { Description = "Where the cluster number of each row goes, one per line.", HelpName = "labels.txt" };
    private readonly Option<string?> _report = new("--report") { Description = "Where a report with plots goes.", HelpName = "report.html" };
    private readonly Option<string?> _uncertain = new("--uncertain") { Description = "Where the uncertain faces go, one per line with the reasons.", HelpName = "uncertain.tsv" };
    private readonly Option<string?> _frames = new("--frames") { Description = "The frame that each face was seen in, one integer per line, -1 where not known: faces of one frame are two people as a rule.", HelpName = "frames.meta" };
    private readonly Option<string?> _knn = new("--knn") { Description = "Neighbours of each row as learn-to-cluster stores them, instead of a search.", HelpName = "K.npz" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public ClusterCommand(CliConsole console)
        : base(
            "cluster", "Clusters a file of embeddings, without a server and without tuning.",
            "cluster --features faces.f32 --out labels.txt --report report.html",
            "cluster --features X.f32 --dim 512 --labels Y.meta --json")
    {
        _console = console;
        Options.Add(_features);
        Options.Add(_dimension);
        Options.Add(_labels);
        Options.Add(_out);
        Options.Add(_report);
        Options.Add(_uncertain);
        Options.Add(_frames);
        Options.Add(_knn);
        Options.Add(_json);
        _dimension.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var dimension && (dimension <= 0 || dimension % 8 != 0))
            {
                result.AddError("--dim must be a positive multiple of 8.");
            }
        });
        Run(console, RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellation)
    {
        var request = new ClusterRequest(parse.GetValue(_features)!, parse.GetValue(_dimension))
        {
            Labels = parse.GetValue(_labels),
            Out = parse.GetValue(_out),
            Report = parse.GetValue(_report),
            Uncertain = parse.GetValue(_uncertain),
            Frames = parse.GetValue(_frames),
            Knn = parse.GetValue(_knn) is { } file ? new GivenNeighbours(Read(file)) : new IndexKnnBuilder(),
        };
        var report = await ProgressBar.RunAsync(_console, "Clustering", ProgressSteps, progress => Task.Run(
            () => Tool.Run(request, share => progress.Report((long)(share * ProgressSteps)), cancellation), cancellation));
        if (parse.GetValue(_json))
        {
            _console.Output.WriteLine(JsonText.Record(report));
        }
        else
        {
            Write(report);
        }

        return ExitCode.Success;
    }

    private static KnnGraph Read(string file)
    {
        var graph = Index.Graph.KnnFile.Read(file);
        return IndexKnnBuilder.Convert(graph, graph.K);
    }

    private void Write(ClusterSummaryReport report)
    {
        _console.Output.WriteLine(
            $"{report.Faces} faces in {report.Clusters} clusters, {report.Uncertain} uncertain; {report.Seconds:0.0} s, {report.PeakMegabytes:0} MB at most");
        if (report.BCubedF is not null)
        {
            _console.Output.WriteLine(
                $"BCubed F {report.BCubedF:0.0000} (P {report.BCubedPrecision:0.0000}, R {report.BCubedRecall:0.0000}), "
                + $"pairwise F {report.PairwiseF:0.0000} (P {report.PairwisePrecision:0.0000}, R {report.PairwiseRecall:0.0000}), NMI {report.Nmi:0.0000}");
        }
    }
}
