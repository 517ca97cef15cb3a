using System.Runtime.CompilerServices;
using FaceCluster.V1;
using Google.Protobuf;
using Parquet;
using Parquet.Schema;

namespace FaceCluster.Cli.Backups;

/// <summary>
/// The columns of <c>faces.parquet</c>. The embedding is a byte array of little-endian singles, raw as the model gave them;
/// it is empty where the face is deleted. A box that is not known has width 0.
/// </summary>
internal sealed class FaceColumns
{
    private static readonly DataField<string> Camera = new("camera", false);
    private static readonly DataField<long> Sequence = new("sequence");
    private static readonly DataField<int> Index = new("index");
    private static readonly DataField<string> Id = new("face_id", false);
    private static readonly DataField<float> Left = new("box_left");
    private static readonly DataField<float> Top = new("box_top");
    private static readonly DataField<float> Width = new("box_width");
    private static readonly DataField<float> Height = new("box_height");
    private static readonly DataField<float> Score = new("detection_score");
    private static readonly DataField<float> Magnitude = new("magnitude");
    private static readonly DataField<bool> Deleted = new("deleted");
    private static readonly DataField<byte[]> Embedding = new("embedding", false);

    private readonly List<Row> _rows = [];

    public static ParquetSchema Schema { get; } = new(Camera, Sequence, Index, Id, Left, Top, Width, Height, Score, Magnitude, Deleted, Embedding);

    public int Count => _rows.Count;

    public void Add(string camera, long sequence, int index, BackupFace face, byte[]? embedding) =>
        _rows.Add(new Row(camera, sequence, index, face, UnsafeByteOperations.UnsafeWrap(embedding ?? [])));

    /// <summary>Writes what was added as one row group.</summary>
    public async Task FlushAsync(ParquetWriter writer)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        using var group = writer.CreateRowGroup();
        await group.WriteAsync(Camera, _rows.ConvertAll(static row => row.Camera));
        await group.WriteAsync<long>(Sequence, _rows.Select(static row => row.Sequence).ToArray());
        await group.WriteAsync<int>(Index, _rows.Select(static row => row.Index).ToArray());
        await group.WriteAsync(Id, _rows.ConvertAll(static row => Convert.ToHexStringLower(row.Face.Id.Span)));
        await group.WriteAsync<float>(Left, _rows.Select(static row => row.Face.Box?.Left ?? 0).ToArray());
        await group.WriteAsync<float>(Top, _rows.Select(static row => row.Face.Box?.Top ?? 0).ToArray());
        await group.WriteAsync<float>(Width, _rows.Select(static row => row.Face.Box?.Width ?? 0).ToArray());
        await group.WriteAsync<float>(Height, _rows.Select(static row => row.Face.Box?.Height ?? 0).ToArray());
        await group.WriteAsync<float>(Score, _rows.Select(static row => row.Face.DetectionScore).ToArray());
        await group.WriteAsync<float>(Magnitude, _rows.Select(static row => row.Face.Magnitude).ToArray());
        await group.WriteAsync<bool>(Deleted, _rows.Select(static row => row.Face.Deleted).ToArray());
        await group.WriteAsync(Embedding, _rows.ConvertAll(static row => row.Embedding.ToByteArray()));
        group.CompleteValidate();
        _rows.Clear();
    }

    /// <summary>The rows of a file.</summary>
    public static async IAsyncEnumerable<Row> ReadAsync(string path, int dimension, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
        for (var number = 0; number < reader.RowGroupCount; number++)
        {
            using var group = reader.OpenRowGroupReader(number);
            var columns = new ColumnReader(group, path, cancellation);
            var camera = await columns.TextAsync(Camera);
            var sequence = await columns.ValuesAsync(Sequence);
            var index = await columns.ValuesAsync(Index);
            var id = await columns.TextAsync(Id);
            var left = await columns.ValuesAsync(Left);
            var top = await columns.ValuesAsync(Top);
            var width = await columns.ValuesAsync(Width);
            var height = await columns.ValuesAsync(Height);
            var score = await columns.ValuesAsync(Score);
            var magnitude = await columns.ValuesAsync(Magnitude);
            var deleted = await columns.ValuesAsync(Deleted);
            var embedding = await columns.BytesAsync(Embedding);
            for (var row = 0; row < sequence.Length; row++)
            {
                var expected = deleted[row] ? 0 : dimension * sizeof(float);
                if (embedding[row].Length != expected || id[row].Length != 32)
                {
                    throw new InvalidDataException($"'{path}': row {row} of group {number} has an embedding of {embedding[row].Length} bytes, {expected} are needed, or a face_id that is not 32 digits.");
                }

                var face = new BackupFace
                {
                    Id = ByteString.CopyFrom(Convert.FromHexString(id[row])),
                    DetectionScore = score[row],
                    Magnitude = magnitude[row],
                    Deleted = deleted[row],
                };
                if (width[row] > 0)
                {
                    face.Box = new Box { Left = left[row], Top = top[row], Width = width[row], Height = height[row] };
                }

                yield return new Row(camera[row], sequence[row], index[row], face, UnsafeByteOperations.UnsafeWrap(embedding[row]));
            }
        }
    }

    /// <summary>A face with the key of its item.</summary>
    internal sealed record Row(string Camera, long Sequence, int Index, BackupFace Face, ByteString Embedding);
}
