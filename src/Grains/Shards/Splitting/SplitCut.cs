namespace FaceCluster.Grains.Shards;

/// <summary>Where to cut a shard.</summary>
internal static class SplitCut
{
    /// <summary>
    /// The slot before which to cut so that both halves have about as many faces; the middle of a shard without faces; null
    /// where one slot has all faces or is all there is.
    /// </summary>
    /// <param name="range">The slots of the shard.</param>
    /// <param name="faces">Number of faces of a slot.</param>
    public static int? Find(ShardRange range, Func<int, int> faces)
    {
        var total = 0L;
        for (var slot = range.FirstSlot; slot < range.EndSlot; slot++)
        {
            total += faces(slot);
        }

        if (total == 0)
        {
            return range.EndSlot - range.FirstSlot > 1 ? (range.FirstSlot + range.EndSlot) / 2 : null;
        }

        int? best = null;
        var (left, difference) = (0L, long.MaxValue);
        for (var cut = range.FirstSlot + 1; cut < range.EndSlot; cut++)
        {
            left += faces(cut - 1);
            var unevenness = Math.Abs(total - (2 * left));
            if (left > 0 && left < total && unevenness < difference)
            {
                (best, difference) = (cut, unevenness);
            }
        }

        return best;
    }
}
