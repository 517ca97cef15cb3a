using System.Buffers.Binary;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// Writes a record file and its index. They appear under their names when <see cref="Complete"/> has run; before, or
/// after a failure, what stood there is untouched.
/// </summary>
public sealed class RecordWriter : IDisposable
{
    private const string Unfinished = ".part";

    private readonly string _path;
    private readonly FileStream _records;
    private readonly StreamWriter _index;

    /// <summary>Begins <paramref name="path"/> (<c>x.rec</c>) and the index <c>x.idx</c> beside it.</summary>
    public RecordWriter(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        _path = path;
        _records = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20);
        try
        {
            _index = new StreamWriter(IndexPath + Unfinished) { NewLine = "\n" };
        }
        catch
        {
            _records.Dispose();
            throw;
        }
    }

    private string IndexPath => System.IO.Path.ChangeExtension(_path, ".idx");

    /// <summary>Appends a record.</summary>
    /// <param name="key">Its key, which the caller uses once.</param>
    /// <param name="payload">Its bytes, fewer than 2^29.</param>
    public void Write(long key, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, RecordFraming.MaxPartLength);
        _index.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{key}\t{_records.Position}"));
        var (from, kind) = (0, RecordFraming.Whole);
        for (var magic = RecordFraming.FindMagic(payload, 0); magic >= 0; magic = RecordFraming.FindMagic(payload, from))
        {
            WritePart(kind == RecordFraming.Whole ? RecordFraming.First : RecordFraming.Middle, payload[from..magic]);
            (from, kind) = (magic + sizeof(uint), RecordFraming.Middle);
        }

        WritePart(kind == RecordFraming.Whole ? RecordFraming.Whole : RecordFraming.Last, payload[from..]);
    }

    /// <summary>Puts both files on the disk under their names.</summary>
    public void Complete()
    {
        _index.Flush();
        ((FileStream)_index.BaseStream).Flush(flushToDisk: true);
        _records.Flush(flushToDisk: true);
        _index.Dispose();
        _records.Dispose();
        File.Move(_path + Unfinished, _path, overwrite: true);
        File.Move(IndexPath + Unfinished, IndexPath, overwrite: true);
    }

    /// <summary>Closes the files and deletes what is not complete.</summary>
    public void Dispose()
    {
        _index.Dispose();
        _records.Dispose();
        File.Delete(_path + Unfinished);
        File.Delete(IndexPath + Unfinished);
    }

    private void WritePart(uint kind, ReadOnlySpan<byte> part)
    {
        Span<byte> header = stackalloc byte[RecordFraming.HeaderLength];
        BinaryPrimitives.WriteUInt32LittleEndian(header, RecordFraming.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], RecordFraming.Word(kind, part.Length));
        _records.Write(header);
        _records.Write(part);
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        _records.Write(zeros[..(RecordFraming.Padded(part.Length) - part.Length)]);
    }
}
