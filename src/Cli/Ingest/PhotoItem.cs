using System.Buffers.Binary;
using System.Security.Cryptography;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Cli.Ingest;

/// <summary>Makes ingest items of photographs.</summary>
public static class PhotoItem
{
    /// <summary>
    /// The item of a photograph. Its sequence number is derived from its content, so that sending a folder again, or
    /// after files were added, renamed or moved, repeats the same items and stores nothing twice.
    /// </summary>
    public static async Task<IngestItem> ReadAsync(string path, CancellationToken cancellation)
    {
        var content = await File.ReadAllBytesAsync(path, cancellation);
        return new IngestItem
        {
            Sequence = SequenceOf(content),
            CaptureTime = Timestamp.FromDateTime(File.GetLastWriteTimeUtc(path)),
            Frame = UnsafeByteOperations.UnsafeWrap(content),
        };
    }

    /// <summary>The first 63 bits of the SHA-256 of the content, so 0 to 2^63 - 1.</summary>
    public static long SequenceOf(ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, digest);
        return BinaryPrimitives.ReadInt64BigEndian(digest) & long.MaxValue;
    }
}
