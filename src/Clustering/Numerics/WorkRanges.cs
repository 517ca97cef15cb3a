namespace FaceCluster.Clustering;

/// <summary>Runs over index ranges: on all cores where there is enough to do, else on the caller's thread.</summary>
internal static class WorkRanges
{
    private const int Alone = 512;
    private const int Range = 256;

    /// <summary>Calls <paramref name="body"/> with disjoint ranges [from, to) that cover [0, count).</summary>
    /// <param name="count">Number of indices.</param>
    /// <param name="body">What is done.</param>
    /// <param name="alone">Whether all is done on the caller's thread: a small run would wait longer for others than it takes.</param>
    public static void Run(int count, Action<int, int> body, bool alone = false)
    {
        if (alone || count <= Alone)
        {
            if (count > 0)
            {
                body(0, count);
            }

            return;
        }

        var size = Math.Clamp(count / (Environment.ProcessorCount * 16), Range, 1 << 14);
        Parallel.For(0, (count + size - 1) / size, range => body(range * size, Math.Min(count, (range + 1) * size)));
    }
}
