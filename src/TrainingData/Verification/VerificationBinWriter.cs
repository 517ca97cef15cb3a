using System.Buffers.Binary;

namespace FaceCluster.TrainingData.Verification;

/// <summary>
/// Writes a verification set as a pickle of protocol 3 that Python 3 and <see cref="VerificationBin"/> read. It appears
/// under its name when <see cref="Complete"/> has run.
/// </summary>
public sealed class VerificationBinWriter : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly List<bool> _same = [];

    /// <summary>Begins a file.</summary>
    public VerificationBinWriter(string path)
    {
        _path = path;
        _file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20);

        // PROTO 3, EMPTY_LIST, MARK
        _file.Write([0x80, 3, (byte)']', (byte)'(']);
    }

    /// <summary>Adds a pair of encoded pictures.</summary>
    public void Add(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, bool same)
    {
        WriteBytes(left);
        WriteBytes(right);
        _same.Add(same);
    }

    /// <summary>Writes the truth values and puts the file under its name.</summary>
    /// <exception cref="TrainingDataException">There is no pair.</exception>
    public void Complete()
    {
        if (_same.Count == 0)
        {
            throw new TrainingDataException($"{_path} would hold no pair.");
        }

        // APPENDS; EMPTY_LIST, MARK, NEWTRUE or NEWFALSE each, APPENDS; TUPLE2, STOP
        _file.Write("e]("u8);
        _file.Write([.. _same.Select(same => same ? (byte)0x88 : (byte)0x89)]);
        _file.Write([(byte)'e', 0x86, (byte)'.']);
        _file.Flush(flushToDisk: true);
        _file.Dispose();
        File.Move(_path + ".part", _path, overwrite: true);
    }

    /// <summary>Closes the file and deletes it where it is not complete.</summary>
    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path + ".part");
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[1 + sizeof(uint)];
        header[0] = (byte)'B';
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], bytes.Length);
        _file.Write(header);
        _file.Write(bytes);
    }
}
