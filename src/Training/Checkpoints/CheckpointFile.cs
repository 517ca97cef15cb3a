using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text.Json;
using static TorchSharp.torch;

namespace FaceCluster.Training.Checkpoints;

/// <summary>
/// One file with everything a run needs to continue. Layout: 8 bytes "FCTRAIN1"; length of the description as little-endian int32;
/// the description as UTF-8 JSON (header, then name, type, shape and length of every tensor in order); the tensors as they lie
/// in memory; XXH3-64 of all before, big-endian. A file is written beside the old one, flushed to the disk and only then put in
/// its place: whatever goes wrong, the previous checkpoint stays.
/// </summary>
public static class CheckpointFile
{
    private const int MaxDescription = 64 << 20;
    private const int Chunk = 1 << 20;
    private static readonly byte[] Magic = "FCTRAIN1"u8.ToArray();
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Entry(string Name, string Type, long[] Shape, long Bytes);

    private sealed record Description(CheckpointHeader Header, IReadOnlyList<Entry> Tensors);

    /// <summary>Writes a checkpoint; tensors are read on the processor, in order.</summary>
    /// <exception cref="CheckpointException">The file cannot be written, for example on a full disk; a previous file is untouched.</exception>
    public static void Save(string path, CheckpointHeader header, IReadOnlyCollection<(string Name, Tensor Value)> tensors)
    {
        var partial = path + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, Chunk))
            {
                Write(stream, header, tensors);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(partial);
            var kept = File.Exists(path) ? "the previous checkpoint is untouched" : "there is no earlier one";
            throw new CheckpointException($"The checkpoint '{path}' cannot be written: {exception.Message} ({kept}).", exception);
        }
    }

    /// <summary>Reads only the header.</summary>
    /// <exception cref="CheckpointException">The file is missing or not a checkpoint.</exception>
    public static CheckpointHeader ReadHeader(string path) => Open(path, (_, description) => description.Header);

    /// <summary>Reads all tensors into new ones, by name; the caller disposes them.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged or not a checkpoint.</exception>
    public static (CheckpointHeader Header, IReadOnlyDictionary<string, Tensor> Tensors) Read(string path) => Open(path, (stream, description) =>
    {
        Verify(path, stream);
        var tensors = new Dictionary<string, Tensor>(description.Tensors.Count);
        foreach (var entry in description.Tensors)
        {
            using var quiet = no_grad();
            var tensor = empty(entry.Shape, Enum.Parse<ScalarType>(entry.Type)).DetachFromDisposeScope();
            tensors.Add(entry.Name, tensor);
            var bytes = tensor.bytes;
            if (bytes.Length != entry.Bytes)
            {
                throw new CheckpointException($"'{path}' is damaged: tensor '{entry.Name}' has {entry.Bytes} bytes, its shape needs {bytes.Length}.");
            }

            stream.ReadExactly(bytes);
        }

        return (description.Header, (IReadOnlyDictionary<string, Tensor>)tensors);
    });

    /// <summary>Copies read tensors into the ones of a run.</summary>
    /// <param name="path">Where they came from, for messages.</param>
    /// <param name="read">What was read.</param>
    /// <param name="targets">What to fill; each needs an entry of the same name and shape.</param>
    /// <exception cref="CheckpointException">One is missing or has another shape; nothing has been copied then.</exception>
    public static void Copy(string path, IReadOnlyDictionary<string, Tensor> read, IReadOnlyCollection<(string Name, Tensor Value)> targets)
    {
        foreach (var (name, value) in targets)
        {
            if (!read.TryGetValue(name, out var source))
            {
                throw new CheckpointException($"'{path}' has no '{name}': it belongs to another network, head or optimiser.");
            }

            if (!source.shape.SequenceEqual(value.shape))
            {
                throw new CheckpointException($"'{path}': '{name}' has the shape [{string.Join(", ", source.shape)}], this run needs [{string.Join(", ", value.shape)}].");
            }
        }

        using var quiet = no_grad();
        foreach (var (name, value) in targets)
        {
            value.copy_(read[name]);
        }
    }

    private static void Write(Stream stream, CheckpointHeader header, IReadOnlyCollection<(string Name, Tensor Value)> tensors)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var values = tensors.Select(entry => (entry.Name, Value: entry.Value.detach().cpu().contiguous())).ToArray();
        var entries = values.Select(entry => new Entry(entry.Name, entry.Value.dtype.ToString(), entry.Value.shape, entry.Value.numel() * entry.Value.element_size())).ToArray();
        var description = JsonSerializer.SerializeToUtf8Bytes(new Description(header, entries), Json);
        var hash = new XxHash3();
        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.Append(bytes);
            stream.Write(bytes);
        }

        Put(Magic);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, description.Length);
        Put(length);
        Put(description);
        foreach (var (_, value) in values)
        {
            Put(value.bytes);
        }

        stream.Write(hash.GetCurrentHash());
    }

    private static T Open<T>(string path, Func<FileStream, Description, T> read)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Chunk);
            Span<byte> start = stackalloc byte[12];
            if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start[..8].SequenceEqual(Magic))
            {
                throw new CheckpointException($"'{path}' is not a checkpoint of facecluster-train.");
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(start[8..]);
            if (length is <= 0 or > MaxDescription || length > stream.Length)
            {
                throw new CheckpointException($"'{path}' is damaged: its description claims {length} bytes.");
            }

            var text = new byte[length];
            stream.ReadExactly(text);
            var description = JsonSerializer.Deserialize<Description>(text, Json) ?? throw new CheckpointException($"'{path}' is damaged: its description is empty.");
            return read(stream, description);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CheckpointException($"The checkpoint '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    // Checks the whole file first, so that a damaged one changes nothing; leaves the stream at the first tensor.
    private static void Verify(string path, FileStream stream)
    {
        var data = stream.Position;
        stream.Position = 0;
        var hash = new XxHash3();
        var buffer = new byte[Chunk];
        for (var left = stream.Length - 8; left > 0;)
        {
            var count = stream.ReadAtLeast(buffer.AsSpan(0, (int)Math.Min(Chunk, left)), 1);
            hash.Append(buffer.AsSpan(0, count));
            left -= count;
        }

        Span<byte> stored = stackalloc byte[8];
        stream.ReadExactly(stored);
        if (!stored.SequenceEqual(hash.GetCurrentHash()))
        {
            throw new CheckpointException($"'{path}' is damaged: its checksum does not fit its content.");
        }

        stream.Position = data;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The failure to write is what the user must hear about.
        }
    }
}
