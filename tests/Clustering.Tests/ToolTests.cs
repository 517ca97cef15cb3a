using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class ToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clustering").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Cluster_WritesLabelsThatEvalScoresTheSame()
    {
        var (features, labels) = Write();
        var request = new ClusterRequest(features, Faces.Dimension)
        {
            Labels = labels,
            Out = Path.Combine(_folder, "out.txt"),
            Report = Path.Combine(_folder, "report.html"),
        };
        var report = ClusterCommand.Run(request);
        var scores = EvalCommand.Run(request.Out, labels);
        Assert.Equal(report.BCubedF, scores.BCubedF);
        Assert.Equal(report.PairwiseF, scores.PairwiseF);
        Assert.Equal(report.Clusters, scores.Clusters);
        Assert.Contains("<svg", File.ReadAllText(request.Report), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(report));
        foreach (var key in new[] { "faces", "clusters", "uncertain", "pairwise_p", "pairwise_r", "pairwise_f", "bcubed_p", "bcubed_r", "bcubed_f", "nmi", "seconds", "peak_mb" })
        {
            Assert.True(json.RootElement.TryGetProperty(key, out _), key);
        }
    }

    [Fact]
    public void Cluster_OfNumpyArrays_GivesTheSameClusters()
    {
        var (features, labels) = Write();
        var raw = File.ReadAllBytes(features);
        var array = Path.Combine(_folder, "x.npz");
        using (var archive = System.IO.Compression.ZipFile.Open(array, System.IO.Compression.ZipArchiveMode.Create))
        using (var entry = archive.CreateEntry("features.npy").Open())
        {
            entry.Write(Npy("<f4", $"({raw.Length / 4 / Faces.Dimension}, {Faces.Dimension})", raw));
        }

        var truth = Path.Combine(_folder, "y.npy");
        File.WriteAllBytes(truth, Npy("<i8", $"({raw.Length / 4 / Faces.Dimension},)", MemoryMarshal.AsBytes(LabelFile.Read(labels).Select(l => (long)l).ToArray().AsSpan())));
        var plain = ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Labels = labels, Out = Path.Combine(_folder, "a.txt") });
        var numpy = ClusterCommand.Run(new ClusterRequest(array, Faces.Dimension) { Labels = truth, Out = Path.Combine(_folder, "b.txt") });
        Assert.Equal(plain.BCubedF, numpy.BCubedF);
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, "a.txt")), File.ReadAllText(Path.Combine(_folder, "b.txt")));
        var error = Assert.Throws<InvalidDataException>(() => ClusterCommand.Run(new ClusterRequest(array, Faces.Dimension + 8)));
        Assert.Contains("shape", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_WithAGivenGraphOfAllNeighbours_GivesTheSameClusters()
    {
        var (features, labels) = Write();
        var faces = FeatureFile.Read(features, Faces.Dimension);
        var graph = new BruteForceKnnBuilder().Build(
            faces.Units.ToArray(), faces.Count, Faces.Dimension, faces.Count - 1, null, CancellationToken.None);
        var plain = ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Labels = labels });
        var given = ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Labels = labels, Knn = new GivenNeighbours(graph) });
        Assert.Equal((plain.Clusters, plain.BCubedF, plain.Uncertain), (given.Clusters, given.BCubedF, given.Uncertain));
        var other = new KnnGraph(3, 1, [1, 2, 0], [1, 1, 1]);
        Assert.Throws<InvalidDataException>(() => ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Knn = new GivenNeighbours(other) }));
    }

    [Fact]
    public void Explain_SaysWhatWouldChangeThePlace()
    {
        var faces = Faces.Make(120, 6, 11, noise: 0.35);
        var result = GroupClustering.Run(faces, calibration: EmbeddingCalibration.Neutral(Faces.Dimension));
        var row = Enumerable.Range(0, faces.Count).First(r => result.Centres[r] != r);
        var explanation = GroupExplainer.Explain(result, row);
        var higher = Assert.Single(explanation.Changes, change => change.Kind == PossibleChangeKind.HigherStrictness);
        var stricter = GroupClustering.Run(
            faces, GroupOptions.Default with { Strictness = higher.Threshold + 0.01 }, calibration: EmbeddingCalibration.Neutral(Faces.Dimension));
        Assert.DoesNotContain(stricter.Joins, join => join.Score <= higher.Threshold);
        var apart = new ConstraintSet().CannotLink(explanation.Weakest!.Group, explanation.Weakest.With);
        var cut = GroupClustering.Run(faces, constraints: apart, calibration: EmbeddingCalibration.Neutral(Faces.Dimension));
        Assert.NotEqual(cut.Cluster(Row(explanation.Weakest.Group)), cut.Cluster(Row(explanation.Weakest.With)));

        int Row(FaceCluster.Core.FaceId id) => Enumerable.Range(0, faces.Count).First(r => faces.Id(r) == id);
    }

    [Fact]
    public void Explain_NamesTheCannotLinkThatStandsAgainstAJoin()
    {
        var faces = Faces.Make(60, 2, 5, noise: 0.1);
        var calibration = EmbeddingCalibration.Neutral(Faces.Dimension);
        var free = GroupClustering.Run(faces, calibration: calibration);
        var row = Enumerable.Range(0, faces.Count).First(r => free.Centres[r] != r);
        var pair = new FacePair(faces.Id(row), faces.Id(free.Centres[row]));
        var bound = GroupClustering.Run(faces, constraints: new ConstraintSet().CannotLink(pair.Left, pair.Right), calibration: calibration);
        var changes = Enumerable.Range(0, faces.Count).SelectMany(r => GroupExplainer.Explain(bound, r).Changes).ToArray();
        Assert.Contains(changes, change => change.Constraint == pair && change.ToString().Contains(pair.Left.ToString(), StringComparison.Ordinal));
        Assert.All(
            Enumerable.Range(0, faces.Count).SelectMany(r => GroupExplainer.Explain(bound, r).Joins),
            join => Assert.True(join.GroupMagnitude > 0 && join.WithMagnitude > 0));
    }

    [Fact]
    public void Cluster_WithFrames_WritesTheReasonOfEveryUncertainFace()
    {
        var (features, labels) = Write();
        var truth = LabelFile.Read(labels);
        var frames = Path.Combine(_folder, "frames.meta");

        // Rows are of random people, so most pairs of a frame are of two.
        LabelFile.Write(frames, [.. Enumerable.Range(0, truth.Length).Select(row => row % 10 == 0 ? -1 : row / 4)]);
        var uncertain = Path.Combine(_folder, "uncertain.tsv");
        var report = ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Frames = frames, Uncertain = uncertain });
        var lines = File.ReadAllLines(uncertain);
        Assert.Equal(report.Uncertain, lines.Length - 1);
        Assert.All(lines[1..], line => Assert.NotEmpty(line.Split('\t')[4]));
        LabelFile.Write(frames, new int[truth.Length - 1]);
        var error = Assert.Throws<InvalidDataException>(() => ClusterCommand.Run(new ClusterRequest(features, Faces.Dimension) { Frames = frames }));
        Assert.Contains("frames.meta", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_WithoutFaces_ReportsNone()
    {
        var empty = Path.Combine(_folder, "empty.f32");
        File.WriteAllBytes(empty, []);
        var report = ClusterCommand.Run(new ClusterRequest(empty));
        Assert.Equal(0, report.Faces);
        Assert.Equal(0, report.Clusters);
    }

    [Theory]
    [InlineData(10, "whole number of rows")]
    [InlineData(64, "Row 0")]
    public void Cluster_BadFeatures_NameTheFault(int bytes, string fault)
    {
        var bad = Path.Combine(_folder, "bad.f32");
        File.WriteAllBytes(bad, new byte[bytes]);
        var error = Assert.Throws<InvalidDataException>(() => ClusterCommand.Run(new ClusterRequest(bad, 16)));
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eval_LabelThatIsNoNumber_NamesTheLine()
    {
        var file = Path.Combine(_folder, "labels.meta");
        File.WriteAllText(file, "1\n2\nthree\n");
        Assert.Contains("line 3", Assert.Throws<InvalidDataException>(() => EvalCommand.Run(file, file)).Message, StringComparison.Ordinal);
    }

    private static byte[] Npy(string type, string shape, ReadOnlySpan<byte> data)
    {
        var header = System.Text.Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n");
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. header, .. data];
    }

    private (string Features, string Labels) Write()
    {
        // Magnitudes and people of the generated faces; the label is the person that the generator drew.
        var faces = Faces.Make(120, 6, 11, noise: 0.15);
        var raw = new float[faces.Count * Faces.Dimension];
        for (var i = 0; i < faces.Count; i++)
        {
            for (var d = 0; d < Faces.Dimension; d++)
            {
                raw[(i * Faces.Dimension) + d] = faces.Unit(i)[d] * faces.Magnitudes[i];
            }
        }

        var features = Path.Combine(_folder, "x.f32");
        File.WriteAllBytes(features, MemoryMarshal.AsBytes(raw.AsSpan()).ToArray());
        var labels = Path.Combine(_folder, "y.meta");
        LabelFile.Write(labels, BatchForest.Build(faces, new ForestOptions(0.6)).Roots);
        return (features, labels);
    }
}
