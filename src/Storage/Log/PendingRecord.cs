using FaceCluster.Core;
using FaceCluster.Storage.Records;

namespace FaceCluster.Storage.Log;

/// <summary>A record on its way to the disk: room for its header, its body and padding.</summary>
internal sealed class PendingRecord : IDisposable
{
    private readonly TaskCompletionSource<long> _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RecordBuffer _buffer;
    private readonly int _length;
    private readonly int _rows;

    private PendingRecord(RecordType type, RecordBuffer buffer, int rows, FaceId[] faces)
    {
        (Type, _buffer, _rows, Faces) = (type, buffer, rows, faces);
        _length = buffer.Length - RecordHeader.Size;
        buffer.Reserve(RecordHeader.Pad(buffer.Length) - buffer.Length).Clear();
    }

    public RecordType Type { get; }

    /// <summary>The faces of an append that have a row, in order; the own faces of a deletion.</summary>
    public FaceId[] Faces { get; }

    public long Lsn { get; set; }

    public Task<long> Durable => _durable.Task;

    public int Size => _buffer.Length;

    public ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    public static PendingRecord Append(ItemBlock block, int dimension)
    {
        ArgumentNullException.ThrowIfNull(block);
        var rows = 0;
        var buffer = Encode(block.Embeddings.Length, target => rows = RecordEncoder.Append(target, block, dimension));
        var faces = new FaceId[rows];
        var row = 0;
        foreach (var item in block.Items)
        {
            foreach (var face in item.Faces)
            {
                if (face.State == FaceState.Stored)
                {
                    faces[row++] = face.Id;
                }
            }
        }

        return new PendingRecord(RecordType.Append, buffer, rows, faces);
    }

    public static PendingRecord Links(LinkUpdate update) =>
        new(RecordType.Links, Encode(0, target => RecordEncoder.Links(target, update)), 0, []);

    public static PendingRecord Delete(Deletion deletion) =>
        new(RecordType.Delete, Encode(0, target => RecordEncoder.Delete(target, deletion)), 0, [.. deletion.Own]);

    /// <summary>The last record of a snapshot.</summary>
    public static PendingRecord End(long count) => new(RecordType.End, Encode(0, target => target.WriteInt64(count)), 0, []);

    public void Seal(in FileHeader file, long groupLsn) =>
        RecordHeader.Seal(_buffer.At(0, _buffer.Length), file.Salt, _length, Type, _rows, file.Epoch, Lsn, groupLsn);

    public void Complete() => _durable.SetResult(Lsn);

    /// <summary>Fails the call unless it completed.</summary>
    public void TryFail(Exception error) => _durable.TrySetException(error);

    public void Dispose() => _buffer.Dispose();

    private static RecordBuffer Encode(int embeddings, Action<RecordBuffer> encode)
    {
        var buffer = new RecordBuffer(RecordHeader.Size + embeddings + 1024);
        try
        {
            buffer.Reserve(RecordHeader.Size).Clear();
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
