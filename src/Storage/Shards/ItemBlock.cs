namespace FaceCluster.Storage;

/// <summary>Items of one camera that are stored together or not at all.</summary>
public sealed class ItemBlock
{
    /// <summary>The camera, 1..<see cref="ShardLimits.MaxCameraBytes"/> bytes of UTF-8.</summary>
    public required string Camera { get; init; }

    /// <summary>The items, at least one.</summary>
    public required IReadOnlyList<ItemEntry> Items { get; init; }

    /// <summary>
    /// The raw embeddings of the faces in state <see cref="FaceState.Stored"/>, row by row, in the order of items and
    /// faces: rows x dimension little-endian singles, kept bit by bit as given.
    /// </summary>
    public ReadOnlyMemory<byte> Embeddings { get; init; }

    /// <summary>Number of embedding rows: faces in state <see cref="FaceState.Stored"/>.</summary>
    public int CountEmbeddings()
    {
        var rows = 0;
        foreach (var item in Items)
        {
            foreach (var face in item.Faces)
            {
                rows += face.State == FaceState.Stored ? 1 : 0;
            }
        }

        return rows;
    }
}
