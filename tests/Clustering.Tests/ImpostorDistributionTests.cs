using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class ImpostorDistributionTests
{
    [Fact]
    public void Threshold_FramePairs_IsTheirUpperQuantile()
    {
        var faces = Faces.Make(200, 200, 4);
        var constraints = new ConstraintSet();
        var cosines = new List<double>();
        for (var i = 0; i < faces.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                constraints.SeenTogether(faces.Id(i), faces.Id(j));
                cosines.Add(faces.Similarity(i, j));
            }
        }

        var distribution = ImpostorDistribution.Measure(faces, constraints);
        Assert.False(distribution.IsMirrored);
        var above = cosines.Count(cosine => cosine > distribution.Threshold(0.01));
        Assert.InRange(above, (0.01 * cosines.Count) - 2, 0.01 * cosines.Count);
    }

    [Fact]
    public void Threshold_RandomPairs_IsIndependentOfTheOrderAndFallsWithTheRate()
    {
        var faces = Faces.Make(150, 30, 6);
        var one = ImpostorDistribution.Measure(faces, pairs: 5000);
        var other = ImpostorDistribution.Measure(faces.Select(Faces.Shuffled(faces.Count, 3)), pairs: 5000);
        Assert.Equal(one.Cosines.ToArray(), other.Cosines.ToArray());
        Assert.True(one.Threshold(0.001) > one.Threshold(0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => one.Threshold(0));
    }
}
