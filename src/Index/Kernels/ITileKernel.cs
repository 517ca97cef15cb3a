namespace FaceCluster.Index.Kernels;

/// <summary>
/// Integer products of a tile of sixteen coded rows with a few coded queries. Every implementation returns the same
/// exact integers for the same codes; they differ in the query precision they can take.
/// </summary>
/// <remarks>
/// A panel holds <c>width</c> queries (1, 2, 4 or <see cref="PanelWidth"/>), interleaved as the rows are: four
/// dimensions of query 0, the same four of query 1, ..., then the next four dimensions.
/// </remarks>
internal unsafe interface ITileKernel
{
    /// <summary>Whether this processor has the instructions.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Largest magnitude of a query's code with which no intermediate sum overflows.</summary>
    static abstract int QueryLimit { get; }

    /// <summary>Queries in a full panel: as many as the registers hold sums for.</summary>
    static abstract int PanelWidth { get; }

    /// <summary>Writes the sixteen sums of (row code + 128) * query code of query 0, then those of query 1, ...</summary>
    static abstract void Multiply(byte* tile, sbyte* panel, int width, int groups, int* sums);
}
