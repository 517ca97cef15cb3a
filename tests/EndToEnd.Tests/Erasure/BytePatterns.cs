using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.EndToEnd.Tests.Erasure;

/// <summary>
/// Finds forms of faces in files: any 16 bytes of the raw or the unit embedding as singles, or of their 8-bit codes.
/// </summary>
internal sealed class BytePatterns
{
    private const int Piece = 16;
    private readonly Dictionary<(ulong, ulong), string> _pieces = [];

    /// <summary>
    /// Adds a face. Raw and unit singles are cut into pieces of 16 bytes at every number; codes are those of the usual
    /// symmetric 8-bit coding (largest absolute value = 127), signed and with an offset of 128.
    /// </summary>
    public void Add(string face, float[] raw)
    {
        var unit = new float[raw.Length];
        Similarity.Normalize(raw, unit);
        AddPieces(face, MemoryMarshal.AsBytes(raw.AsSpan()), sizeof(float));
        AddPieces(face, MemoryMarshal.AsBytes(unit.AsSpan()), sizeof(float));
        var largest = unit.Max(MathF.Abs);
        var codes = unit.Select(value => (byte)(sbyte)MathF.Round(value / largest * 127)).ToArray();
        AddPieces(face, codes, 1);
        AddPieces(face, codes.Select(code => (byte)(code + 128)).ToArray(), 1);
    }

    /// <summary>The faces of which a piece is in a file under the folder, each with the file.</summary>
    public IReadOnlyList<(string Face, string File)> Find(string folder)
    {
        var found = new HashSet<(string, string)>();
        foreach (var (file, bytes) in Files(folder))
        {
            for (var i = 0; i + Piece <= bytes.Length; i++)
            {
                if (_pieces.TryGetValue(Key(bytes.AsSpan(i)), out var face))
                {
                    found.Add((face, file));
                }
            }
        }

        return [.. found];
    }

    /// <summary>Name and bytes of every file that is not empty; the lock is, and cannot be opened while a server runs.</summary>
    public static IEnumerable<(string Name, byte[] Bytes)> Files(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Where(static file => file.Length > 0))
        {
            using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            yield return (file.Name, bytes[..length]);
        }
    }

    private void AddPieces(string face, ReadOnlySpan<byte> bytes, int step)
    {
        for (var i = 0; i + Piece <= bytes.Length; i += step)
        {
            _pieces.TryAdd(Key(bytes[i..]), face);
        }
    }

    private static (ulong, ulong) Key(ReadOnlySpan<byte> bytes) =>
        (BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes[8..]));
}
