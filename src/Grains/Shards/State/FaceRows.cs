using FaceCluster.Core;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// From a face's id to its row. Many small tables instead of a large one: a table that grows copies itself, and for a
/// million faces in one that is tens of milliseconds on the shard's turn.
/// </summary>
internal sealed class FaceRows
{
    private const int Tables = 256;
    private readonly Dictionary<FaceId, int>?[] _tables = new Dictionary<FaceId, int>?[Tables];

    /// <summary>Adds a face that is not there yet.</summary>
    public void Add(FaceId id, int row) => (_tables[TableOf(id)] ??= []).Add(id, row);

    /// <summary>The row of a face.</summary>
    public bool TryGet(FaceId id, out int row)
    {
        if (_tables[TableOf(id)] is { } table)
        {
            return table.TryGetValue(id, out row);
        }

        row = -1;
        return false;
    }

    // The lower bits are those of a hash; the upper ones name the camera's slot.
    private static int TableOf(FaceId id) => (int)(id.Low % Tables);
}
