using System.Globalization;
using System.Runtime.CompilerServices;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Cli.Backups;

/// <summary>The files of a backup: per shard one file of <see cref="BackupBlock"/> messages, each after its length as a varint.</summary>
internal sealed class BinaryBlockFiles : IBlockFiles
{
    public Task<IBlockWriter> CreateAsync(string folder, int dimension) => Task.FromResult<IBlockWriter>(new Writer(folder));

    public async IAsyncEnumerable<BackupBlock> ReadAsync(string folder, int dimension, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        foreach (var file in Directory.EnumerateFiles(folder, "blocks-*.binpb").Order(StringComparer.Ordinal))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            while (stream.Position < stream.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                yield return Parse(stream, file);
            }
        }
    }

    private static BackupBlock Parse(FileStream stream, string file)
    {
        try
        {
            return BackupBlock.Parser.ParseDelimitedFrom(stream);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidDataException($"'{file}' is damaged before byte {stream.Position}: {error.Message}", error);
        }
    }

    private sealed class Writer(string folder) : IBlockWriter
    {
        private readonly List<string> _names = [];
        private FileStream? _stream;
        private int _shard = -1;

        public async Task WriteAsync(BackupBlock block)
        {
            if (block.Shard != _shard)
            {
                await CloseAsync();
                _shard = block.Shard;
                _names.Add(string.Create(CultureInfo.InvariantCulture, $"blocks-{_shard:D5}.binpb"));
                _stream = new FileStream(Path.Combine(folder, _names[^1]), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
            }

            block.WriteDelimitedTo(_stream);
        }

        public async Task<IReadOnlyList<string>> CompleteAsync()
        {
            await CloseAsync();
            return _names;
        }

        public async ValueTask DisposeAsync() => await CloseAsync();

        private async Task CloseAsync()
        {
            if (_stream is not null)
            {
                _stream.Flush(flushToDisk: true);
                await _stream.DisposeAsync();
                _stream = null;
            }
        }
    }
}
