using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FaceCluster.Core;

/// <summary>
/// Makes the ids of one camera's faces: the first 128 bits of SHA-256 over the length-prefixed collection and camera, the
/// sequence number and the index (little-endian), of which the upper 12 are replaced by the camera's slot.
/// </summary>
public sealed class FaceIdSource
{
    private const int Suffix = sizeof(long) + sizeof(int);
    private readonly byte[] _prefix;
    private readonly int _slot;

    /// <summary>Prepares for a camera.</summary>
    public FaceIdSource(string collection, string camera)
    {
        ArgumentException.ThrowIfNullOrEmpty(collection);
        ArgumentException.ThrowIfNullOrEmpty(camera);
        _slot = CameraSlot.Of(camera);
        _prefix = new byte[(2 * sizeof(int)) + Encoding.UTF8.GetByteCount(collection) + Encoding.UTF8.GetByteCount(camera)];
        var length = WriteText(_prefix, 0, collection);
        WriteText(_prefix, length, camera);
    }

    /// <summary>The id of face number <paramref name="index"/> of an item.</summary>
    public FaceId Derive(long sequence, int index)
    {
        Span<byte> buffer = _prefix.Length <= 1024 ? stackalloc byte[_prefix.Length + Suffix] : new byte[_prefix.Length + Suffix];
        _prefix.CopyTo(buffer);
        BinaryPrimitives.WriteInt64LittleEndian(buffer[_prefix.Length..], sequence);
        BinaryPrimitives.WriteInt32LittleEndian(buffer[(_prefix.Length + sizeof(long))..], index);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(buffer, digest);
        return FaceId.Read(digest).WithSlot(_slot);
    }

    private static int WriteText(Span<byte> buffer, int at, string text)
    {
        var written = Encoding.UTF8.GetBytes(text, buffer[(at + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(buffer[at..], written);
        return at + sizeof(int) + written;
    }
}
