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
