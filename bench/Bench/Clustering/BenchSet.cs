using FaceCluster.Clustering;

namespace FaceCluster.Bench.Clustering;

/// <summary>A folder of embeddings with known identities.</summary>
internal sealed class BenchSet
{
    private BenchSet(string name, FaceSet faces, int[] truth)
    {
        Name = name;
        Faces = faces;
        Truth = truth;
    }

    public string Name { get; }

    public FaceSet Faces { get; }

    public int[] Truth { get; }

    public static BenchSet Load(string folder) => new(
        Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)),
        FeatureFile.Read(Path.Combine(folder, "features.f32"), 512),
        LabelFile.Read(Path.Combine(folder, "labels.meta")));

    /// <summary>Neighbours by plain cosine, as the peers use them.</summary>
    public KnnGraph PlainGraph(int k) =>
        new BruteForceKnnBuilder().Build(Faces.Units.ToArray(), Faces.Count, Faces.Dimension, k, null, CancellationToken.None);

    public string Score(ReadOnlySpan<int> labels)
    {
        var s = ClusteringEvaluation.Evaluate(labels, Truth);
        return $"pairwise F {s.Pairwise.F:F4} (P {s.Pairwise.Precision:F3} R {s.Pairwise.Recall:F3})  BCubed F {s.BCubed.F:F4} (P {s.BCubed.Precision:F3} R {s.BCubed.Recall:F3})  clusters {s.Clusters}";
    }

    public double BCubed(ReadOnlySpan<int> labels) => ClusteringEvaluation.Evaluate(labels, Truth).BCubed.F;
}
