using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// A record file with its index of keys. Records are read in place from the disk, by any number of threads; nothing but
/// the index is held in memory.
/// </summary>
public sealed class RecordFile : IDisposable
{
    // No aligned face and no list of identities is this long; a corrupt length must not take the memory.
    private const int MaxRecordLength = 64 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly Dictionary<long, int> _rows;
    private readonly long[] _keys;
    private readonly long[] _offsets;

    private RecordFile(string path, SafeFileHandle handle, long[] keys, long[] offsets)
    {
        Path = path;
        _handle = handle;
        _length = RandomAccess.GetLength(handle);
        (_keys, _offsets) = (keys, offsets);
        _rows = new Dictionary<long, int>(keys.Length);
        for (var row = 0; row < keys.Length; row++)
        {
            if (!_rows.TryAdd(keys[row], row))
            {
                throw new TrainingDataException($"{IndexPath(path)}: the key {keys[row]} occurs twice.");
            }
        }
    }

    /// <summary>The record file.</summary>
    public string Path { get; }

    /// <summary>The keys in the order of the index.</summary>
    public ReadOnlySpan<long> Keys => _keys;

    /// <summary>Opens <c>x.rec</c> with <c>x.idx</c> beside it; without one the file is read through once.</summary>
    /// <exception cref="TrainingDataException">A file cannot be read, or the index is not one; the line is named.</exception>
    public static RecordFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
            var index = IndexPath(path);
            var (keys, offsets) = File.Exists(index) ? ReadIndex(index, RandomAccess.GetLength(handle)) : Scan(path, handle);
            return new RecordFile(path, handle, keys, offsets);
        }
        catch (Exception error)
        {
            handle?.Dispose();
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new TrainingDataException($"{path} cannot be read: {error.Message}", error);
            }

            throw;
        }
    }

    /// <summary>Whether a key exists.</summary>
    public bool Contains(long key) => _rows.ContainsKey(key);

    /// <summary>What a record is called in messages.</summary>
    public string Describe(long key) => $"{Path}, record {key}";

    /// <summary>Reads the payload of a record.</summary>
    /// <exception cref="TrainingDataException">There is no such key, or the record is corrupt; the offset is named.</exception>
    public byte[] Read(long key)
    {
        var offset = Offset(key);
        var name = Describe(key);
        var (kind, length) = ReadPart(offset, name);
        if (kind == RecordFraming.Whole)
        {
            return ReadBytes(offset + RecordFraming.HeaderLength, length, name);
        }

        return kind == RecordFraming.First
            ? ReadSplit(offset, length, name)
            : throw new TrainingDataException($"{name} (offset {offset}) begins with part {kind} of a split record; 0 or 1 is needed.");
    }

    /// <summary>Reads only the header of a record.</summary>
    /// <exception cref="TrainingDataException">As for <see cref="Read"/>, or the header does not fit.</exception>
    public RecordHeader ReadHeader(long key)
    {
        var offset = Offset(key);
        var name = Describe(key);
        var (kind, length) = ReadPart(offset, name);
        Span<byte> start = stackalloc byte[sizeof(uint)];
        if (kind != RecordFraming.Whole || length < RecordHeader.FixedLength)
        {
            var payload = Read(key);
            return RecordHeader.Parse(payload, payload.Length, name);
        }

        Fill(offset + RecordFraming.HeaderLength, start, name);
        var header = ReadBytes(offset + RecordFraming.HeaderLength, Math.Min(length, RecordHeader.LengthFor(start)), name);
        return RecordHeader.Parse(header, length, name);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static string IndexPath(string path) => System.IO.Path.ChangeExtension(path, ".idx");

    private static (long[] Keys, long[] Offsets) ReadIndex(string path, long length)
    {
        var keys = new List<long>();
        var offsets = new List<long>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            var tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab <= 0 || !long.TryParse(line.AsSpan(0, tab), out var key) || !long.TryParse(line.AsSpan(tab + 1), out var offset) || key < 0)
            {
                throw new TrainingDataException($"{path}, line {number} is not 'key<TAB>offset'.");
            }

            if (offset < 0 || offset + RecordFraming.HeaderLength > length)
            {
                throw new TrainingDataException($"{path}, line {number}: the offset {offset} lies beyond the {length} bytes of the record file.");
            }

            keys.Add(key);
            offsets.Add(offset);
        }

        return keys.Count > 0 ? ([.. keys], [.. offsets]) : throw new TrainingDataException($"{path} names no records.");
    }

    private static (long[] Keys, long[] Offsets) Scan(string path, SafeFileHandle handle)
    {
        var offsets = new List<long>();
        var length = RandomAccess.GetLength(handle);
        var header = new byte[RecordFraming.HeaderLength];
        for (long at = 0; at < length;)
        {
            if (at + header.Length > length || RandomAccess.Read(handle, header, at) != header.Length)
            {
                throw new TrainingDataException($"{path}: the last record is cut off at offset {at}.");
            }

            var (kind, part) = CheckPart(header, path, at);
            if (kind is RecordFraming.Whole or RecordFraming.First)
            {
                offsets.Add(at);
            }

            at += RecordFraming.HeaderLength + RecordFraming.Padded(part);
        }

        return offsets.Count > 0
            ? ([.. Enumerable.Range(0, offsets.Count).Select(key => (long)key)], [.. offsets])
            : throw new TrainingDataException($"{path} holds no records.");
    }

    private static (uint Kind, int Length) CheckPart(ReadOnlySpan<byte> header, string name, long offset)
    {
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return magic == RecordFraming.Magic
            ? RecordFraming.Parse(BinaryPrimitives.ReadUInt32LittleEndian(header[4..]))
            : throw new TrainingDataException($"{name}: at offset {offset} stands 0x{magic:x8}; a record begins with 0x{RecordFraming.Magic:x8}.");
    }

    private long Offset(long key) =>
        _rows.TryGetValue(key, out var row) ? _offsets[row] : throw new TrainingDataException($"{Path} has no record {key}.");

    private (uint Kind, int Length) ReadPart(long offset, string name)
    {
        Span<byte> header = stackalloc byte[RecordFraming.HeaderLength];
        Fill(offset, header, name);
        var (kind, length) = CheckPart(header, name, offset);
        return length <= MaxRecordLength && offset + RecordFraming.HeaderLength + length <= _length
            ? (kind, length)
            : throw new TrainingDataException(
                $"{name} (offset {offset}) says it has {length} bytes; the file has {_length - offset - RecordFraming.HeaderLength} left, and at most {MaxRecordLength} are accepted.");
    }

    private byte[] ReadSplit(long offset, int length, string name)
    {
        using var whole = new MemoryStream();
        whole.Write(ReadBytes(offset + RecordFraming.HeaderLength, length, name));
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(magic, RecordFraming.Magic);
        for (uint kind = RecordFraming.First; kind != RecordFraming.Last;)
        {
            offset += RecordFraming.HeaderLength + RecordFraming.Padded(length);
            (kind, length) = ReadPart(offset, name);
            if (kind is not (RecordFraming.Middle or RecordFraming.Last))
            {
                throw new TrainingDataException($"{name}: at offset {offset} a split record goes on with part {kind}; 2 or 3 is needed.");
            }

            if (whole.Length + length > MaxRecordLength)
            {
                throw new TrainingDataException($"{name} is longer than the {MaxRecordLength} bytes that are accepted.");
            }

            whole.Write(magic);
            whole.Write(ReadBytes(offset + RecordFraming.HeaderLength, length, name));
        }

        return whole.ToArray();
    }

    private byte[] ReadBytes(long offset, int length, string name)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        Fill(offset, bytes, name);
        return bytes;
    }

    private void Fill(long offset, Span<byte> target, string name)
    {
        try
        {
            while (target.Length > 0)
            {
                var read = RandomAccess.Read(_handle, target, offset);
                if (read == 0)
                {
                    throw new TrainingDataException($"{name}: the file ends within the record (offset {offset}).");
                }

                target = target[read..];
                offset += read;
            }
        }
        catch (IOException error)
        {
            throw new TrainingDataException($"{name} cannot be read: {error.Message}", error);
        }
    }
}
