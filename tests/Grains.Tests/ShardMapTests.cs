using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Grains.Tests;

public sealed class ShardMapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void Even_EverySlotInTheShardOfTheFormerRule(int shards)
    {
        var map = ShardMap.Even(shards);

        for (var slot = 0; slot < CameraSlot.Count; slot++)
        {
            Assert.Equal(slot * shards / CameraSlot.Count, map.OfSlot(slot).Number);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomSplits_RangesTileAndNumbersNeverComeBack(int seed)
    {
        var random = new Random(seed);
        var map = ShardMap.Even(random.Next(1, 9));
        var seen = new HashSet<int>(map.Shards.Select(shard => shard.Number));
        for (var step = 0; step < 200; step++)
        {
            var shard = map.Shards[random.Next(map.Shards.Count)];
            var id = Guid.NewGuid();
            if (map.Begin(shard.Number, random.Next(shard.FirstSlot, shard.EndSlot + 1), id) is not { } begun)
            {
                continue;
            }

            Assert.Null(begun.Begin(map.Shards[0].Number, map.Shards[0].FirstSlot + 1, Guid.NewGuid()));
            Assert.Null(begun.Commit(Guid.NewGuid(), 1, 1));
            Assert.Equal(map.Shards, begun.Shards);
            map = random.Next(3) == 0 ? begun.Abort(id)! : begun.Commit(id, random.Next(100), random.Next(100))!;
            Assert.True(seen.Add(begun.Splitting!.Left) && seen.Add(begun.Splitting.Right));
            Assert.Null(map.Commit(id, 1, 1));

            var end = 0;
            foreach (var range in map.Shards)
            {
                Assert.Equal(end, range.FirstSlot);
                Assert.True(range.EndSlot > range.FirstSlot);
                end = range.EndSlot;
            }

            Assert.Equal(CameraSlot.Count, end);
            Assert.All(Enumerable.Range(0, 50), _ =>
            {
                var slot = random.Next(CameraSlot.Count);
                var found = map.OfSlot(slot);
                Assert.InRange(slot, found.FirstSlot, found.EndSlot - 1);
            });
            Assert.All(map.Retired, retired =>
            {
                var heirs = map.Expand(new ShardRevision(retired.Range.Number, 7)).Select(needed => map.Find(needed.Shard)!).ToList();
                Assert.Equal(retired.Range.EndSlot - retired.Range.FirstSlot, heirs.Sum(heir => heir.EndSlot - heir.FirstSlot));
            });
        }

        foreach (var number in map.Retired.Select(retired => retired.Range.Number).Concat(map.Abandoned.SelectMany(split => new[] { split.Left, split.Right })).ToList())
        {
            Assert.DoesNotContain(map.Shards, shard => shard.Number == number);
            map = map.Drop(number) ?? map;
        }

        Assert.All(map.Retired, retired => Assert.True(retired.Dropped));
        Assert.Empty(map.Abandoned);
    }

    [Fact]
    public void StoredAsJson_ComesBack()
    {
        var id = Guid.NewGuid();
        var map = ShardMap.Even(3).Begin(1, 2000, id)!.Commit(id, 5, 6)!.Begin(0, 7, Guid.NewGuid())!;

        var back = System.Text.Json.JsonSerializer.Deserialize<ShardMap>(System.Text.Json.JsonSerializer.Serialize(map))!;

        Assert.Equal(map.Shards, back.Shards);
        Assert.Equal(map.Retired, back.Retired);
        Assert.Equal(map.Splitting, back.Splitting);
        Assert.Equal((map.Version, map.NextNumber), (back.Version, back.NextNumber));
    }
}
