using FaceCluster.Core;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Postgres.Shards;

/// <summary>A record on its way to the database.</summary>
internal sealed class ShardRecord : IDisposable
{
    private readonly TaskCompletionSource<long> _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RecordBuffer _buffer;

    private ShardRecord(RecordType type, RecordBuffer buffer, int rows, IReadOnlyList<FaceId> faces) =>
        (Type, _buffer, Rows, Faces) = (type, buffer, rows, faces);

    public RecordType Type { get; }

    /// <summary>Embedding rows at the start of the body.</summary>
    public int Rows { get; }

    /// <summary>The faces of an append that have a row, in order; the own faces of a deletion.</summary>
    public IReadOnlyList<FaceId> Faces { get; }

    public long Lsn { get; set; }

    public Task<long> Durable => _durable.Task;

    public int Size => _buffer.Length;

    public ReadOnlyMemory<byte> Body => _buffer.WrittenMemory;

    public static ShardRecord Append(ItemBlock block, int dimension)
    {
        ArgumentNullException.ThrowIfNull(block);
        var rows = 0;
        var buffer = Encode(block.Embeddings.Length, target => rows = RecordEncoder.Append(target, block, dimension));
        return new ShardRecord(RecordType.Append, buffer, rows, StoredFaces(block));
    }

    public static ShardRecord Links(LinkUpdate update) =>
        new(RecordType.Links, Encode(0, target => RecordEncoder.Links(target, update)), 0, []);

    public static ShardRecord Delete(Deletion deletion) =>
        new(RecordType.Delete, Encode(0, target => RecordEncoder.Delete(target, deletion)), 0, [.. deletion.Own]);

    /// <summary>The faces of a block that have an embedding, in the order of their rows.</summary>
    public static FaceId[] StoredFaces(ItemBlock block) =>
        [.. block.Items.SelectMany(static item => item.Faces).Where(static face => face.State == FaceState.Stored).Select(static face => face.Id)];

    public void Complete() => _durable.TrySetResult(Lsn);

    public void TryFail(Exception error) => _durable.TrySetException(error);

    public void Dispose() => _buffer.Dispose();

    private static RecordBuffer Encode(int embeddings, Action<RecordBuffer> encode)
    {
        var buffer = new RecordBuffer(embeddings + 1024);
        try
        {
            encode(buffer);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}
