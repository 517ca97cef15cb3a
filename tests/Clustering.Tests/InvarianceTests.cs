using CsCheck;
using FaceCluster.Core;
using Xunit;

namespace FaceCluster.Clustering.Tests;

/// <summary>
/// The whole result, both levels with constraints, whatever the order, the shards and the restarts: faces are spread over
/// shards that search and keep lists on their own, and processes are rebuilt from what is stored in the middle of a history.
/// </summary>
public sealed class InvarianceTests
{
    [Fact]
    public void AnyHistory_OverShardsWithRestarts_GivesBothLevelsOfABatchRun() =>
        Gen.Select(Faces.Sets, Gen.Int, Gen.Int[1, 10]).Sample((faces, seed, k) =>
        {
            var random = new Random(seed);
            var calibration = LiveGroupsTests.Calibration(faces);
            var options = new GroupOptions { Neighbours = k };
            var process = new ShardedProcess(faces, random.Next(1, 6), calibration, options, random);
            for (var step = 0; step < faces.Count * 2; step++)
            {
                var row = random.Next(faces.Count);
                switch (random.Next(12))
                {
                    case 0 when process.Present.Count > 0:
                        process.Delete(process.Present.ElementAt(random.Next(process.Present.Count)));
                        break;
                    case 1 when faces.Count > 1:
                        process.SetConstraints(LiveGroupsTests.Constrain(faces, random));
                        break;
                    case 2:
                        // With whatever has not been refreshed; another number of shards as after moving them.
                        process = process.Restarted(random.Next(1, 6), random);
                        break;
                    case 3:
                        process.Groups.Refresh();
                        break;
                    default:
                        process.Insert(row);
                        break;
                }
            }

            process.Groups.Refresh();
            LiveGroupsTests.Same(faces, process.Present, process.Constraints, calibration, options, process.Groups);
            var rows = process.Present.ToArray();
            var forest = ConstrainedForest.Apply(BatchForest.Build(faces.Select(rows), ShardedProcess.Forest), process.Constraints);
            for (var i = 0; i < rows.Length; i++)
            {
                Assert.Equal(forest.Cluster(i), process.Trees.Cluster(faces.Id(rows[i])));
            }

            NoHardConstraintIsViolated(process);
        }, iter: 100);

    [Fact]
    public void NeighbourListsMergedFromShards_GiveTheResultOfOneProcess() =>
        Gen.Select(Faces.Sets, Gen.Int, Gen.Int[1, 7]).Sample((faces, seed, shards) =>
        {
            var constraints = faces.Count > 1 ? LiveGroupsTests.Constrain(faces, new Random(seed)) : new ConstraintSet();
            var calibration = LiveGroupsTests.Calibration(faces);
            var one = GroupClustering.Run(faces, null, constraints, calibration);
            var many = GroupClustering.Run(faces, null, constraints, calibration, new ShardedKnn(shards, seed));
            Assert.Equal(one.Centres.ToArray(), many.Centres.ToArray());
            Assert.Equal(one.Standings.ToArray(), many.Standings.ToArray());
            Assert.Equal(one.Joins, many.Joins);
        }, iter: 60);

    private static void NoHardConstraintIsViolated(ShardedProcess process)
    {
        foreach (var cluster in new Func<FaceId, FaceId>[] { process.Groups.Cluster, process.Trees.Cluster })
        {
            Assert.All(Known(process.Constraints.MustLinks), pair => Assert.Equal(cluster(pair.Left), cluster(pair.Right)));
            Assert.All(Known(process.Constraints.CannotLinks), pair => Assert.NotEqual(cluster(pair.Left), cluster(pair.Right)));
        }

        IEnumerable<FacePair> Known(IEnumerable<FacePair> pairs) =>
            pairs.Where(pair => process.Groups.Contains(pair.Left) && process.Groups.Contains(pair.Right));
    }

    /// <summary>The k best of every shard, merged; shards are asked in any order.</summary>
    private sealed class ShardedKnn(int shards, int seed) : IKnnBuilder
    {
        public KnnGraph Build(float[] units, int count, int dimension, int k, Action<double>? progress, CancellationToken cancellation)
        {
            var random = new Random(seed);
            var home = Enumerable.Range(0, count).Select(_ => random.Next(shards)).ToArray();
            var rows = new int[count * k];
            var similarities = new float[count * k];
            Array.Fill(rows, -1);
            for (var row = 0; row < count; row++)
            {
                var merged = new List<(double Similarity, int Row)>();
                foreach (var shard in Enumerable.Range(0, shards).OrderBy(_ => random.Next()))
                {
                    merged = Best(merged.Concat(Best(Enumerable.Range(0, count).Where(other => home[other] == shard && other != row).Select(other => (Dot(row, other), other)))));
                }

                for (var n = 0; n < merged.Count; n++)
                {
                    (similarities[(row * k) + n], rows[(row * k) + n]) = ((float)merged[n].Similarity, merged[n].Row);
                }
            }

            return new KnnGraph(count, k, rows, similarities);

            List<(double Similarity, int Row)> Best(IEnumerable<(double Similarity, int Row)> offers) =>
                [.. offers.OrderByDescending(offer => offer.Similarity).ThenBy(offer => offer.Row).Take(k)];

            double Dot(int a, int b) => Similarity.Dot(units.AsSpan(a * dimension, dimension), units.AsSpan(b * dimension, dimension));
        }
    }
}
