using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FaceCluster.TrainingData.Verification;

/// <summary>The file of a pickle: a forward reader for the operations, and the bytes of a value wherever it lies.</summary>
internal sealed class PickleSource : IDisposable
{
    // Module and type names; anything longer is none of them.
    private const int MaxTextLength = 256;

    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer = new byte[1 << 16];
    private long _bufferStart;
    private int _buffered;

    public PickleSource(string path)
    {
        Path = path;
        try
        {
            _handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{path} cannot be read: {error.Message}", error);
        }

        Length = RandomAccess.GetLength(_handle);
    }

    public string Path { get; }

    public long Length { get; }

    public long Position { get; private set; }

    public byte ReadByte()
    {
        if (Position < _bufferStart || Position >= _bufferStart + _buffered)
        {
            _bufferStart = Position;
            _buffered = RandomAccess.Read(_handle, _buffer, Position);
            if (_buffered == 0)
            {
                throw Truncated();
            }
        }

        return _buffer[Position++ - _bufferStart];
    }

    public int ReadUInt16() => ReadByte() | (ReadByte() << 8);

    public int ReadInt32() => ReadUInt16() | (ReadUInt16() << 16);

    public long ReadUInt32() => (uint)ReadInt32();

    public long ReadUInt64() => ReadUInt32() | (ReadUInt32() << 32);

    public string ReadLine()
    {
        var text = new StringBuilder();
        for (var c = ReadByte(); c != '\n'; c = ReadByte())
        {
            if (text.Length >= MaxTextLength || c is < 0x20 or > 0x7E)
            {
                throw new TrainingDataException($"{Path}: at offset {Position} stands a name that is too long or no plain text.");
            }

            text.Append((char)c);
        }

        return text.ToString();
    }

    /// <summary>Steps over <paramref name="length"/> bytes and returns where they begin.</summary>
    public (long Offset, int Length) Skip(long length)
    {
        // Lengths are unsigned in the file; a negative one is one above 2^63.
        if (length < 0 || length > int.MaxValue || Position + length > Length)
        {
            throw Truncated();
        }

        var offset = Position;
        Position += length;
        return (offset, (int)length);
    }

    /// <summary>A short text: a name of a module or type, in either form of string.</summary>
    public string Text(object value)
    {
        var (offset, length) = value switch
        {
            PickleText text => (text.Offset, text.Length),
            PickleBytes { IsLatin1Text: false } bytes => (bytes.Offset, bytes.Length),
            _ => throw new TrainingDataException($"{Path} gives something else where a name is needed."),
        };
        return length <= MaxTextLength
            ? Encoding.UTF8.GetString(ReadAt(offset, length))
            : throw new TrainingDataException($"{Path} gives a text of {length} bytes where a name is needed.");
    }

    /// <summary>The bytes of a value.</summary>
    public byte[] ReadBytes(PickleBytes value)
    {
        var bytes = ReadAt(value.Offset, value.Length);
        if (!value.IsLatin1Text)
        {
            return bytes;
        }

        var characters = Encoding.UTF8.GetString(bytes);
        return characters.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF')
            ? throw new TrainingDataException($"{Path}: the text at offset {value.Offset} is no Latin-1 and so no bytes.")
            : Encoding.Latin1.GetBytes(characters);
    }

    /// <summary>Number of bytes that <see cref="ReadBytes"/> gives.</summary>
    public int LengthOf(PickleBytes value) => value.IsLatin1Text ? ReadBytes(value).Length : value.Length;

    public void Dispose() => _handle.Dispose();

    private byte[] ReadAt(long offset, int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length);
        for (var filled = 0; filled < length;)
        {
            var read = RandomAccess.Read(_handle, bytes.AsSpan(filled), offset + filled);
            filled += read > 0 ? read : throw Truncated();
        }

        return bytes;
    }

    private TrainingDataException Truncated() => new($"{Path} ends within a value (offset {Position} of {Length}).");
}
