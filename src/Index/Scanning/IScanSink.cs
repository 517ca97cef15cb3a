namespace FaceCluster.Index.Scanning;

/// <summary>
/// What one worker of a scan does with the rows that survive the pruning test. Not shared between workers.
/// </summary>
internal interface IScanSink
{
    /// <summary>Per query, the cut below which a row is out; the sink may raise it at any time.</summary>
    float[] Cuts { get; }

    /// <summary>Called between blocks of rows: the place to take over what other workers have learned.</summary>
    void Refresh();

    /// <summary>
    /// A row of the view (tombstones included) whose similarity to the query is at most <paramref name="upper"/> and at
    /// least <paramref name="lower"/>.
    /// </summary>
    void Offer(int query, int row, float upper, float lower);
}
