using System.Buffers;
using System.Runtime.InteropServices;
using FaceCluster.Index.Kernels;
using FaceCluster.Index.Storage;

namespace FaceCluster.Index.Scanning;

/// <summary>The coded queries of one scan, packed for a kernel.</summary>
internal sealed class QueryPlan
{
    private readonly ReadOnlyMemory<float>[] _units;

    private QueryPlan(ReadOnlyMemory<float>[] units, int dimension, int queryLimit, int panelWidth)
    {
        _units = units;
        Dimension = dimension;
        Codes = new QueryCode[units.Length];
        PanelCodes = ArrayPool<sbyte>.Shared.Rent(Math.Max(1, checked(units.Length * dimension)));
        Panels = Cut(units.Length, panelWidth);
        Span<sbyte> row = dimension <= 4096 ? stackalloc sbyte[dimension] : new sbyte[dimension];
        foreach (var (first, width) in Panels)
        {
            for (var lane = 0; lane < width; lane++)
            {
                Codes[first + lane] = ScalarQuantizer.EncodeQuery(units[first + lane].Span, queryLimit, row);
                var panel = MemoryMarshal.Cast<sbyte, int>(PanelCodes.AsSpan(first * dimension, width * dimension));
                var groups = MemoryMarshal.Cast<sbyte, int>(row);
                for (var group = 0; group < groups.Length; group++)
                {
                    panel[(group * width) + lane] = groups[group];
                }
            }
        }
    }

    /// <summary>Number of queries.</summary>
    public int Count => _units.Length;

    public int Dimension { get; }

    public QueryCode[] Codes { get; }

    /// <summary>Groups of queries that go through the kernel together, in query order.</summary>
    public (int First, int Width)[] Panels { get; }

    /// <summary>Panel p starts at <c>Panels[p].First * Dimension</c>.</summary>
    public sbyte[] PanelCodes { get; }

    public ReadOnlySpan<float> Unit(int query) => _units[query].Span;

    public static QueryPlan Create<TKernel>(ReadOnlyMemory<float>[] units, int dimension)
        where TKernel : struct, ITileKernel =>
        new(units, dimension, TKernel.QueryLimit, TKernel.PanelWidth);

    /// <summary>
    /// Gives the codes back for reuse. Only for the end of a scan that went well: after a failure another worker may still
    /// be reading them.
    /// </summary>
    public void Return() => ArrayPool<sbyte>.Shared.Return(PanelCodes);

    /// <summary>
    /// The value of the pruning test (in units of code steps) at or above which a row may have a similarity of
    /// <paramref name="floor"/>: rounded down, so never too high.
    /// </summary>
    public float Cut(int query, double floor)
    {
        var code = Codes[query];
        return MathF.BitDecrement((float)((floor - code.Error) / code.Scale));
    }

    // Full panels, then the rest in the widths every kernel has: 4, 2 and 1.
    private static (int First, int Width)[] Cut(int queries, int panelWidth)
    {
        var panels = new List<(int, int)>((queries / panelWidth) + 3);
        var first = 0;
        while (first < queries)
        {
            var left = queries - first;
            var width = left >= panelWidth ? panelWidth : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            panels.Add((first, width));
            first += width;
        }

        return [.. panels];
    }
}
