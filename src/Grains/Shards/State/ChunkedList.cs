namespace FaceCluster.Grains.Shards;

/// <summary>
/// A list of structs in chunks: growing copies nothing, elements are changed in place, and no array reaches the large
/// object heap.
/// </summary>
internal sealed class ChunkedList<T>
    where T : struct
{
    private const int ChunkBits = 8;
    private const int ChunkSize = 1 << ChunkBits;
    private readonly List<T[]> _chunks = [];

    public int Count { get; private set; }

    public ref T this[int index] => ref _chunks[index >> ChunkBits][index & (ChunkSize - 1)];

    public int Add(in T item)
    {
        if ((Count & (ChunkSize - 1)) == 0)
        {
            _chunks.Add(new T[ChunkSize]);
        }

        this[Count] = item;
        return Count++;
    }
}
