using CsCheck;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Clustering.Tests;

public sealed class BatchForestTests
{
    private static readonly ForestOptions Options = new(0.5, 0.05, 2);

    [Fact]
    public void Build_EqualsTheDefinition() =>
        Faces.Sets.Sample(faces =>
        {
            var forest = BatchForest.Build(faces, Options);
            for (var i = 0; i < faces.Count; i++)
            {
                var expected = Enumerable.Range(0, faces.Count)
                    .Where(j => faces.Rank(j) > faces.Rank(i))
                    .Select(j => new Candidate(faces.Id(j), Similarity.Dot(faces.Unit(i), faces.Unit(j))))
                    .Where(c => c.Similarity > Options.Threshold)
                    .OrderByDescending(c => c.Similarity).ThenBy(c => c.Id)
                    .Take(CandidateList.Capacity)
                    .ToArray();
                Assert.Equal(expected, forest.Candidates[i].Items.ToArray());
                var parent = forest.Parents[i];
                Assert.Equal(expected.Length == 0 ? FaceId.None : expected[0].Id, parent < 0 ? FaceId.None : faces.Id(parent));
                Assert.Equal(parent < 0 ? i : forest.Roots[parent], forest.Roots[i]);
            }
        });

    [Fact]
    public void Build_OfShuffledRows_GivesTheSameForest() =>
        Gen.Select(Faces.Sets, Gen.Int).Sample((faces, seed) =>
        {
            var order = Faces.Shuffled(faces.Count, seed);
            var expected = BatchForest.Build(faces, Options);
            var shuffled = BatchForest.Build(faces.Select(order), Options);
            for (var i = 0; i < order.Length; i++)
            {
                Assert.Equal(expected.Candidates[order[i]], shuffled.Candidates[i]);
                Assert.Equal(expected.Cluster(order[i]), shuffled.Cluster(i));
                Assert.Equal(expected.Marks(order[i]), shuffled.Marks(i));
            }
        });

    [Fact]
    public void Build_ManyBlocks_MissesNoNeighbour()
    {
        var faces = Faces.Make(700, 40, 3);
        var forest = BatchForest.Build(faces, Options);
        for (var i = 0; i < faces.Count; i++)
        {
            var list = default(CandidateList);
            for (var j = 0; j < faces.Count; j++)
            {
                if (faces.Rank(j) > faces.Rank(i) && faces.Similarity(i, j) > Options.Threshold)
                {
                    list.Offer(new Candidate(faces.Id(j), faces.Similarity(i, j)));
                }
            }

            Assert.Equal(list, forest.Candidates[i]);
        }
    }

    [Theory]
    [InlineData(1.0, 0, 0)]
    [InlineData(double.NaN, 0, 0)]
    [InlineData(0.5, -1, 0)]
    [InlineData(0.5, 0, float.NaN)]
    public void Options_OutOfRange_AreRefused(double threshold, double margin, float gate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => BatchForest.Build(Faces.Make(2, 1, 1), new ForestOptions(threshold, margin, gate)));

    [Fact]
    public void Faces_ZeroRow_IsNamed()
    {
        var raw = new float[32];
        raw[3] = 1;
        Assert.Contains("Row 1", Assert.Throws<ArgumentException>(() => FaceSet.FromRaw(raw, 16)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faces_WithoutIds_AreNamedByContent()
    {
        float[] raw = [.. Enumerable.Range(1, 48).Select(i => (float)(i % 16 == 0 ? i : i % 5))];
        var faces = FaceSet.FromRaw([.. raw], 16);
        var swapped = FaceSet.FromRaw([.. raw[16..], .. raw[..16]], 16);
        Assert.Equal(faces.Id(0), swapped.Id(2));
        Assert.Equal(faces.Id(2), swapped.Id(1));
        var twice = FaceSet.FromRaw([.. raw[..16], .. raw[..16]], 16);
        Assert.NotEqual(twice.Id(0), twice.Id(1));
    }
}
