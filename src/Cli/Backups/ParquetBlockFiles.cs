using System.Runtime.CompilerServices;
using FaceCluster.V1;
using Google.Protobuf;
using Parquet;

namespace FaceCluster.Cli.Backups;

/// <summary>
/// The files of an export: <c>items.parquet</c> and <c>faces.parquet</c>, one row per item and per face. The rows of an item
/// stand together and both files name items in the same order.
/// </summary>
internal sealed class ParquetBlockFiles : IBlockFiles
{
    private const string ItemsName = "items.parquet";
    private const string FacesName = "faces.parquet";
    private const int RowsPerGroup = 16_384;
    private const int ItemsPerBlock = 32;
    private const int BytesPerBlock = 4 << 20;

    public async Task<IBlockWriter> CreateAsync(string folder, int dimension) => await Writer.OpenAsync(folder);

    public async IAsyncEnumerable<BackupBlock> ReadAsync(string folder, int dimension, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var source = FaceColumns.ReadAsync(Path.Combine(folder, FacesName), dimension, cancellation).GetAsyncEnumerator(cancellation);
        var faces = new Cursor<FaceColumns.Row>(source);
        await faces.MoveAsync();
        var rows = new List<ByteString>();
        var bytes = 0;
        BackupBlock? block = null;
        await foreach (var item in ItemColumns.ReadAsync(Path.Combine(folder, ItemsName), cancellation))
        {
            if (block is not null && (block.Camera != item.Camera || block.Items.Count == ItemsPerBlock || bytes >= BytesPerBlock))
            {
                yield return Complete(block, rows);
                (block, bytes) = (null, 0);
            }

            block ??= new BackupBlock { Camera = item.Camera };
            block.Items.Add(item.Item);
            while (faces.Current is { } face && face.Camera == item.Camera && face.Sequence == item.Item.Sequence)
            {
                if (face.Index != item.Item.Faces.Count)
                {
                    throw new InvalidDataException($"{FacesName}: the faces of camera '{face.Camera}', sequence {face.Sequence} are not numbered from 0 in ascending order.");
                }

                item.Item.Faces.Add(face.Face);
                if (!face.Face.Deleted)
                {
                    rows.Add(face.Embedding);
                    bytes += face.Embedding.Length;
                }

                await faces.MoveAsync();
            }
        }

        if (faces.Current is { } left)
        {
            throw new InvalidDataException($"{FacesName}: camera '{left.Camera}', sequence {left.Sequence} is not where {ItemsName} has it, or not there.");
        }

        if (block is not null)
        {
            yield return Complete(block, rows);
        }
    }

    private static BackupBlock Complete(BackupBlock block, List<ByteString> rows)
    {
        var embeddings = new byte[rows.Sum(static row => row.Length)];
        var offset = 0;
        foreach (var row in rows)
        {
            row.Span.CopyTo(embeddings.AsSpan(offset));
            offset += row.Length;
        }

        rows.Clear();
        block.Embeddings = UnsafeByteOperations.UnsafeWrap(embeddings);
        return block;
    }

    /// <summary>A sequence with its present element; null at the end.</summary>
    private sealed class Cursor<T>(IAsyncEnumerator<T> source)
        where T : class
    {
        public T? Current { get; private set; }

        public async Task MoveAsync() => Current = await source.MoveNextAsync() ? source.Current : null;
    }

    private sealed class Writer : IBlockWriter
    {
        private readonly FileStream _itemFile;
        private readonly FileStream _faceFile;
        private readonly ItemColumns _items = new();
        private readonly FaceColumns _faces = new();
        private ParquetWriter? _itemWriter;
        private ParquetWriter? _faceWriter;

        private Writer(FileStream itemFile, FileStream faceFile) => (_itemFile, _faceFile) = (itemFile, faceFile);

        public static async Task<Writer> OpenAsync(string folder)
        {
            var writer = new Writer(
                new FileStream(Path.Combine(folder, ItemsName), FileMode.CreateNew), new FileStream(Path.Combine(folder, FacesName), FileMode.CreateNew));
            writer._itemWriter = await ParquetWriter.CreateAsync(ItemColumns.Schema, writer._itemFile);
            writer._faceWriter = await ParquetWriter.CreateAsync(FaceColumns.Schema, writer._faceFile);
            return writer;
        }

        public async Task WriteAsync(BackupBlock block)
        {
            var live = block.Items.Sum(static item => item.Faces.Count(static face => !face.Deleted));
            var rowBytes = live == 0 ? 0 : block.Embeddings.Length / live;
            var offset = 0;
            foreach (var item in block.Items)
            {
                _items.Add(block.Camera, item);
                for (var index = 0; index < item.Faces.Count; index++)
                {
                    var face = item.Faces[index];
                    _faces.Add(block.Camera, item.Sequence, index, face, face.Deleted ? null : block.Embeddings.Span.Slice(offset, rowBytes).ToArray());
                    offset += face.Deleted ? 0 : rowBytes;
                }
            }

            if (_items.Count >= RowsPerGroup)
            {
                await _items.FlushAsync(_itemWriter!);
            }

            if (_faces.Count >= RowsPerGroup)
            {
                await _faces.FlushAsync(_faceWriter!);
            }
        }

        public async Task<IReadOnlyList<string>> CompleteAsync()
        {
            await _items.FlushAsync(_itemWriter!);
            await _faces.FlushAsync(_faceWriter!);
            await CloseAsync();
            return [ItemsName, FacesName];
        }

        public async ValueTask DisposeAsync() => await CloseAsync();

        private async Task CloseAsync()
        {
            if (_itemWriter is not null && _faceWriter is not null)
            {
                await _itemWriter.DisposeAsync();
                await _faceWriter.DisposeAsync();
                (_itemWriter, _faceWriter) = (null, null);
                _itemFile.Flush(flushToDisk: true);
                _faceFile.Flush(flushToDisk: true);
            }

            await _itemFile.DisposeAsync();
            await _faceFile.DisposeAsync();
        }
    }
}
