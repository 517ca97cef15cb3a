using FaceCluster.Grains.Placement;

namespace FaceCluster.Cluster.Tests;

public sealed class ShardPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Silos_differ_by_at_most_one_shard_however_many_there_are(int count)
    {
        string[] silos = [.. Enumerable.Range(0, count).Select(i => $"10.0.0.{i}:11111")];
        var places = new int[count];
        for (var shard = 0; shard < 64; shard++)
        {
            places[ShardPlan.SiloOf("default", shard, silos)]++;
            Assert.InRange(places.Max() - places.Min(), 0, 1);
        }
    }

    [Fact]
    public void Order_of_the_silos_does_not_matter()
    {
        string[] silos = ["a", "b", "c", "d", "e"];
        string[] shuffled = ["d", "a", "e", "c", "b"];
        for (var shard = 0; shard < 64; shard++)
        {
            Assert.Equal(silos[ShardPlan.SiloOf("x", shard, silos)], shuffled[ShardPlan.SiloOf("x", shard, shuffled)]);
        }
    }
}
