using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FaceCluster.Core;

/// <summary>
/// Where the faces of a camera live: a slot out of <see cref="Count"/>, which a collection maps to a shard. The slot is
/// part of every face id, so an id alone leads to its shard, and a shard is split by dividing its slots.
/// </summary>
public static class CameraSlot
{
    /// <summary>Number of slots; a power of two.</summary>
    public const int Count = 4096;

    /// <summary>The slot of a camera, 0 to 4095: the first 12 bits of SHA-256 over its UTF-8 name.</summary>
    public static int Of(string camera)
    {
        ArgumentException.ThrowIfNullOrEmpty(camera);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(camera), digest);
        return BinaryPrimitives.ReadUInt16BigEndian(digest) >> 4;
    }
}
