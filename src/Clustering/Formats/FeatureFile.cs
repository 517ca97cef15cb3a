using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <summary>
/// Embeddings as learn-to-cluster stores them (<c>.bin</c>, here also <c>.f32</c>): little-endian float32, row-major, no
/// header; or a NumPy array of rows (<c>.npy</c>, <c>.npz</c> with <c>features</c> or <c>data</c>). The rows are raw, so that
/// their lengths are the magnitudes.
/// </summary>
public static class FeatureFile
{
    /// <summary>Reads all rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimension">Floats per row, a multiple of 8.</param>
    /// <exception cref="InvalidDataException">The size is not a whole number of rows, or a row cannot be used; the message names it.</exception>
    public static FaceSet Read(string path, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        if (NumpyFile.Is(path))
        {
            var array = NumpyFile.Read(path, "features", "data");
            return array.Shape.Length == 2 && array.Shape[1] == dimension
                ? Wrap(path, array.ToSingles(path), dimension)
                : throw new InvalidDataException($"{path} has the shape ({string.Join(", ", array.Shape)}); rows of {dimension} are needed.");
        }

        var bytes = new FileInfo(path).Length;
        if (bytes % (dimension * sizeof(float)) != 0)
        {
            throw new InvalidDataException($"{path} has {bytes} bytes, which is not a whole number of rows of {dimension} floats; check the dimension.");
        }

        if (bytes / sizeof(float) > Array.MaxLength)
        {
            throw new InvalidDataException($"{path} has {bytes / sizeof(float)} floats; one run takes at most {Array.MaxLength}.");
        }

        var raw = new float[bytes / sizeof(float)];
        using (var file = File.OpenHandle(path, options: FileOptions.SequentialScan))
        {
            const int Chunk = 1 << 22;
            for (var at = 0; at < raw.Length; at += Chunk)
            {
                ReadExactly(file, MemoryMarshal.AsBytes(raw.AsSpan(at, Math.Min(Chunk, raw.Length - at))), (long)at * sizeof(float), path);
            }
        }

        return Wrap(path, raw, dimension);
    }

    private static FaceSet Wrap(string path, float[] raw, int dimension)
    {
        try
        {
            return FaceSet.FromRaw(raw, dimension);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    private static void ReadExactly(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        while (!buffer.IsEmpty)
        {
            var read = RandomAccess.Read(file, buffer, offset);
            if (read == 0)
            {
                throw new InvalidDataException($"{path} ended early.");
            }

            buffer = buffer[read..];
            offset += read;
        }
    }
}
