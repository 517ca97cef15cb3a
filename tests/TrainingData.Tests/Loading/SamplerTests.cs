using CsCheck;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Loading;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Loading;

public sealed class SamplerTests
{
    [Fact]
    public void Shuffle_AnySet_IsAPermutationOfItsOwn() => Sets.Sample(set =>
    {
        var sampler = new ShuffleSampler(set, 3);
        Assert.Equal(Enumerable.Range(0, set.Count), sampler.Epoch(0).Order());
        Assert.Equal(sampler.Epoch(4), new ShuffleSampler(set, 3).Epoch(4));
        Assert.True(set.Count < 10 || !sampler.Epoch(0).SequenceEqual(sampler.Epoch(1)));
        Assert.True(set.Count < 10 || !sampler.Epoch(0).SequenceEqual(new ShuffleSampler(set, 4).Epoch(0)));
    });

    [Fact]
    public void ClassBalanced_AnySet_CountsDifferByAtMostOne() => Sets.Sample(set =>
    {
        var labels = set.Labels.ToArray();
        var sampler = new ClassBalancedSampler(set, 3);
        var order = sampler.Epoch(2);
        var counts = order.GroupBy(index => labels[index]).Select(group => group.Count()).ToArray();
        Assert.Equal(set.Count, order.Length);
        Assert.True(counts.Max() - counts.Min() <= 1 || counts.Length < labels.Distinct().Count());

        // No face comes again before all others of its class have come.
        foreach (var own in order.GroupBy(index => labels[index]))
        {
            var uses = own.GroupBy(index => index).Select(group => group.Count()).ToArray();
            Assert.True(uses.Max() <= ((own.Count() + set.ClassSizes[own.Key] - 1) / set.ClassSizes[own.Key]));
        }

        Assert.Equal(order, sampler.Epoch(2));
    });

    [Fact]
    public void ClassGroups_AnySet_EveryBatchHasPClassesOfKFaces() => Sets.Where(set => set.ClassSizes.ToArray().Count(size => size > 1) >= 3).Sample(set =>
    {
        var labels = set.Labels.ToArray();
        var sampler = new ClassGroupSampler(set, 3, 4, 9);
        Assert.Equal(12, sampler.BatchUnit);
        var order = sampler.Epoch(1);
        Assert.Equal(0, order.Length % 12);
        Assert.Equal(sampler.EpochLength, order.Length);
        foreach (var batch in order.Chunk(12))
        {
            var groups = batch.GroupBy(index => labels[index]).ToArray();
            Assert.Equal(3, groups.Length);
            Assert.All(groups, group => Assert.Equal(Math.Min(4, set.ClassSizes[group.Key]), group.Distinct().Count()));
        }

        Assert.Equal(order, sampler.Epoch(1));
    });

    [Fact]
    public void ClassGroups_ClassesOfOneFace_AreNamedWhereTooFewRemain()
    {
        var set = Set([0, 1, 2, 3, 3]);
        Assert.Contains("1 classes", Assert.Throws<TrainingDataException>(() => new ClassGroupSampler(set, 2, 2, 0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_AnyCount_IsUniformAndRepeatable()
    {
        var random = RandomSource.At(1, 2, 3);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++)
        {
            counts[random.Next(7)]++;
        }

        // Nine standard deviations.
        Assert.All(counts, count => Assert.InRange(count, 9_170, 10_830));

        var (same, again, other) = (RandomSource.At(1, 2, 3), RandomSource.At(1, 2, 3), RandomSource.At(1, 2, 4));
        var value = same.NextBits();
        Assert.Equal(value, again.NextBits());
        Assert.NotEqual(value, other.NextBits());
    }

    private static Gen<PictureListDataset> Sets { get; } =
        Gen.Int[0, 6].Array[1, 60].Select(labels => Set(Compact(labels)));

    private static PictureListDataset Set(int[] labels) => new PictureListDataset(
        "set", [.. labels.Select((_, i) => $"{i}.png")], labels, [.. Enumerable.Range(0, labels.Max() + 1).Select(i => $"p{i}")]);

    private static int[] Compact(int[] labels)
    {
        var present = labels.Distinct().Order().ToList();
        return [.. labels.Select(label => present.IndexOf(label))];
    }
}
