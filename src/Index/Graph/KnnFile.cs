using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace FaceCluster.Index.Graph;

/// <summary>
/// The neighbour files of learn-to-cluster (<c>faiss_k_80.npz</c>): a zip archive with one NumPy array named
/// <c>data</c>, shape [rows, 2, k], where [:, 0] are row numbers and [:, 1] cosine distances, 1 - similarity. A list
/// shorter than k is filled with -1 at distance 2.
/// </summary>
/// <remarks>NumPy format 1.0 to 3.0, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.</remarks>
public static partial class KnnFile
{
    private const string Entry = "data.npy";
    private const int LargestHeader = 1 << 16;

    /// <summary>Writes single precision, as small as the readers of these files accept.</summary>
    public static void Write(string path, KnnGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        using var file = File.Create(path);
        using var archive = new ZipArchive(file, ZipArchiveMode.Create);
        using var stream = archive.CreateEntry(Entry, CompressionLevel.Fastest).Open();
        stream.Write(Header(graph.Count, graph.K));
        var row = new float[2 * graph.K];
        for (var i = 0; i < graph.Count; i++)
        {
            row.AsSpan(0, graph.K).Fill(-1);
            row.AsSpan(graph.K).Fill(2);
            var neighbours = graph.Neighbours(i);
            var similarities = graph.Similarities(i);
            for (var j = 0; j < neighbours.Length; j++)
            {
                row[j] = neighbours[j];
                row[graph.K + j] = (float)(1 - similarities[j]);
            }

            stream.Write(MemoryMarshal.AsBytes<float>(row));
        }
    }

    /// <summary>
    /// Reads a file of either precision. Lists come back in the file's order; similarities are 1 - distance and so only
    /// as exact as the file.
    /// </summary>
    /// <exception cref="InvalidDataException">Not such a file; the message says what is wrong.</exception>
    public static KnnGraph Read(string path)
    {
        using var archive = OpenArchive(path);
        var entry = archive.GetEntry(Entry) ?? throw new InvalidDataException($"{path} has no array named 'data'.");
        using var stream = entry.Open();
        var (precision, rows, k) = ReadHeader(path, stream);
        if ((long)rows * k > Array.MaxLength || 2L * rows * k * precision > entry.Length)
        {
            throw new InvalidDataException($"{path}: shape ({rows}, 2, {k}) does not fit its {entry.Length} bytes or one array.");
        }

        var graph = new KnnGraph(rows, k);
        var bytes = new byte[2 * k * precision];
        var neighbours = new int[k];
        var similarities = new double[k];
        for (var row = 0; row < rows; row++)
        {
            stream.ReadExactly(bytes);
            var length = 0;
            for (var j = 0; j < k; j++)
            {
                var (number, distance) = (Value(bytes, j, precision), Value(bytes, k + j, precision));
                if (number < 0)
                {
                    continue;
                }

                if (!(number < rows) || number != Math.Floor(number) || !double.IsFinite(distance))
                {
                    throw new InvalidDataException($"{path}, row {row}: neighbour {number} at distance {distance} is not possible.");
                }

                neighbours[length] = (int)number;
                similarities[length++] = 1 - distance;
            }

            graph.Set(row, neighbours.AsSpan(0, length), similarities.AsSpan(0, length));
        }

        return graph;
    }

    private static ZipArchive OpenArchive(string path)
    {
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path} is not an .npz archive: {error.Message}", error);
        }
    }

    private static double Value(byte[] bytes, int index, int precision) => precision == sizeof(float)
        ? BitConverter.ToSingle(bytes, index * sizeof(float))
        : BitConverter.ToDouble(bytes, index * sizeof(double));

    private static byte[] Header(int rows, int k)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, 2, {k}), }}");
        var length = (10 + text.Length + 1 + 63) / 64 * 64;
        text = text.PadRight(length - 11) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)(text.Length & 255), (byte)(text.Length >> 8), .. Encoding.ASCII.GetBytes(text)];
    }

    private static (int Precision, int Rows, int K) ReadHeader(string path, Stream stream)
    {
        var start = new byte[8];
        stream.ReadExactly(start);
        if (start[0] != 0x93 || !start.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
        {
            throw new InvalidDataException($"{path}: 'data' is not a NumPy array.");
        }

        var size = new byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(size);
        var length = size.Length == 2 ? BitConverter.ToUInt16(size) : BitConverter.ToUInt32(size);
        if (length > LargestHeader)
        {
            throw new InvalidDataException($"{path}: an array header of {length} bytes is not possible.");
        }

        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        var header = HeaderPattern().Match(Encoding.UTF8.GetString(bytes));
        if (!header.Success
            || !int.TryParse(header.Groups["rows"].ValueSpan, out var rows)
            || !int.TryParse(header.Groups["k"].ValueSpan, out var k))
        {
            throw new InvalidDataException($"{path}: 'data' must be little-endian f4 or f8 in C order with shape (rows, 2, k).");
        }

        return (header.Groups["size"].Value == "4" ? sizeof(float) : sizeof(double), rows, k);
    }

    [GeneratedRegex(@"^\{'descr':\s*'<f(?<size>[48])',\s*'fortran_order':\s*False,\s*'shape':\s*\((?<rows>\d+),\s*2,\s*(?<k>\d+)\),?\s*\}\s*$")]
    private static partial Regex HeaderPattern();
}
