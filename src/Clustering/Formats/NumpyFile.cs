using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace FaceCluster.Clustering;

/// <summary>
/// One array of a NumPy file: <c>.npy</c>, or <c>.npz</c>, a zip archive of such files. Little-endian numbers, C order.
/// </summary>
/// <remarks>NumPy format 1.0 to 3.0, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.</remarks>
internal sealed partial class NumpyFile
{
    private readonly byte[] _data;
    private readonly string _type;

    private NumpyFile(string type, int[] shape, byte[] data)
    {
        _type = type;
        Shape = shape;
        _data = data;
    }

    /// <summary>Lengths of the dimensions.</summary>
    public int[] Shape { get; }

    /// <summary>Whether the name is that of such a file.</summary>
    public static bool Is(string path) => Path.GetExtension(path) is ".npy" or ".npz";

    /// <summary>Reads an array.</summary>
    /// <param name="path">The file.</param>
    /// <param name="names">Names to look for in an archive, in this order; an archive of one array may call it anything.</param>
    /// <exception cref="InvalidDataException">Not such a file, or another kind of array; the message names it.</exception>
    public static NumpyFile Read(string path, params string[] names)
    {
        using var file = File.OpenRead(path);
        if (Path.GetExtension(path) != ".npz")
        {
            return Parse(file, path);
        }

        using var archive = new ZipArchive(file, ZipArchiveMode.Read);
        var entry = names.Select(name => archive.GetEntry(name + ".npy")).FirstOrDefault(e => e is not null)
            ?? (archive.Entries.Count == 1 ? archive.Entries[0] : null)
            ?? throw new InvalidDataException($"{path} has no array named {string.Join(" or ", names)}; it has {string.Join(", ", archive.Entries.Select(e => e.Name))}.");
        using var stream = entry.Open();
        return Parse(stream, path);
    }

    /// <summary>The numbers in single precision.</summary>
    public float[] ToSingles(string path) => _type switch
    {
        "f4" => Convert(4, BinaryPrimitives.ReadSingleLittleEndian),
        "f8" => Convert(8, b => (float)BinaryPrimitives.ReadDoubleLittleEndian(b)),
        _ => throw new InvalidDataException($"{path} holds numbers of the type {_type}; f4 or f8 are needed."),
    };

    /// <summary>The numbers as integers.</summary>
    public int[] ToIntegers(string path) => _type switch
    {
        "i4" => Convert(4, BinaryPrimitives.ReadInt32LittleEndian),
        "i8" => Convert(8, b => checked((int)BinaryPrimitives.ReadInt64LittleEndian(b))),
        _ => throw new InvalidDataException($"{path} holds numbers of the type {_type}; i4 or i8 are needed."),
    };

    private static NumpyFile Parse(Stream stream, string path)
    {
        try
        {
            Span<byte> start = stackalloc byte[8];
            stream.ReadExactly(start);
            if (start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
            {
                throw new InvalidDataException($"{path} is not a NumPy array.");
            }

            Span<byte> size = stackalloc byte[4];
            size.Clear();
            stream.ReadExactly(start[6] == 1 ? size[..2] : size);
            var header = new byte[BinaryPrimitives.ReadInt32LittleEndian(size)];
            stream.ReadExactly(header);
            var text = Encoding.UTF8.GetString(header);
            var type = TypePattern().Match(text);
            var shape = ShapePattern().Match(text);
            if (!type.Success || !shape.Success || text.Contains("'fortran_order': True", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"{path} is not an array of little-endian numbers in C order.");
            }

            using var data = new MemoryStream();
            stream.CopyTo(data);
            int[] lengths = [.. shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            var array = new NumpyFile(type.Groups[1].Value, lengths, data.ToArray());
            var bytes = lengths.Aggregate(1L, (a, b) => a * b) * (array._type[1] - '0');
            return array._data.Length == bytes
                ? array
                : throw new InvalidDataException($"{path} holds {array._data.Length} bytes of numbers; its shape needs {bytes}.");
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException($"{path} ended early.", error);
        }
    }

    private T[] Convert<T>(int size, Reader<T> read)
    {
        var values = new T[_data.Length / size];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = read(_data.AsSpan(i * size, size));
        }

        return values;
    }

    private delegate T Reader<T>(ReadOnlySpan<byte> bytes);

    [GeneratedRegex("'descr': '[<|=]([fi][48])'")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"'shape': \(([^)]*)\)")]
    private static partial Regex ShapePattern();
}
