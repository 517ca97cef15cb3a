using System.IO.Hashing;
using System.Text;

namespace FaceCluster.Grains.Placement;

/// <summary>
/// Which silo a shard opens on. Every process computes the same from the silos alone: the shards of a collection are dealt
/// in order, each to the silo that has fewest of them so far and, of those, has the highest score for the shard
/// (rendezvous hashing). So no two silos differ by more than one shard of a collection.
/// </summary>
internal static class ShardPlan
{
    /// <param name="collection">The collection.</param>
    /// <param name="shard">The shard's number.</param>
    /// <param name="silos">Names of the silos that can carry shards, at least one.</param>
    /// <returns>Index of the silo.</returns>
    public static int SiloOf(string collection, int shard, IReadOnlyList<string> silos)
    {
        ArgumentOutOfRangeException.ThrowIfZero(silos.Count);

        // After each full round all silos have the same number again, so only the shard's own round counts.
        Span<bool> taken = silos.Count <= 256 ? stackalloc bool[silos.Count] : new bool[silos.Count];
        var chosen = 0;
        for (var member = shard - (shard % silos.Count); member <= shard; member++)
        {
            chosen = -1;
            var best = 0UL;
            for (var i = 0; i < silos.Count; i++)
            {
                if (taken[i])
                {
                    continue;
                }

                var score = Score(collection, member, silos[i]);
                if (chosen < 0 || score > best || (score == best && string.CompareOrdinal(silos[i], silos[chosen]) < 0))
                {
                    (chosen, best) = (i, score);
                }
            }

            taken[chosen] = true;
        }

        return chosen;
    }

    private static ulong Score(string collection, int shard, string silo) =>
        XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{collection}/{shard}@{silo}"));
}
