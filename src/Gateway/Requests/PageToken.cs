using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Gateway.Requests;

/// <summary>
/// An opaque position in a list, bound to the query it came from: a version, a digest of the query, and the position.
/// It names the last entry that was given out rather than a number of entries, so that a page neither repeats nor skips
/// what was there all along, whatever is added or deleted meanwhile.
/// </summary>
internal static class PageToken
{
    private const byte Version = 1;
    private const int HeaderLength = 1 + sizeof(ulong);

    /// <summary>The digest of what a list selects; <paramref name="collectionUid"/> tells apart two lives of one name.</summary>
    /// <param name="query">The request without page size and page token.</param>
    /// <param name="collectionUid">Of the collection that is listed.</param>
    public static ulong Digest(IMessage query, Guid collectionUid)
    {
        var hash = new XxHash3();
        hash.Append(Encoding.UTF8.GetBytes(query.Descriptor.FullName));
        hash.Append(query.ToByteArray());
        hash.Append(collectionUid.ToByteArray());
        return hash.GetCurrentHashAsUInt64();
    }

    public static string Encode(ulong digest, ReadOnlySpan<byte> position)
    {
        var bytes = new byte[HeaderLength + position.Length];
        bytes[0] = Version;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(1), digest);
        position.CopyTo(bytes.AsSpan(HeaderLength));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The position of a token of the same query, which must have the given length, or null where there is none.</summary>
    public static byte[]? Decode(string token, ulong digest, int? length = null)
    {
        if (token.Length == 0)
        {
            return null;
        }

        if (token.Length > 1024 || !Base64Url.IsValid(token))
        {
            throw Invalid("is not a token of this server.");
        }

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < HeaderLength || bytes[0] != Version || (length is { } wanted && bytes.Length != HeaderLength + wanted))
        {
            throw Invalid("is not a token of this server.");
        }

        if (System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(1)) != digest)
        {
            throw Invalid("belongs to another query: every field but page_size must be as it was in the call that gave it.");
        }

        return bytes[HeaderLength..];
    }

    private static Grpc.Core.RpcException Invalid(string description) =>
        ApiError.FieldException(ErrorReason.InvalidPageToken, "page_token", description);
}
