using System.Buffers.Binary;
using System.Buffers.Text;
using FaceCluster.Gateway.Errors;
using FaceCluster.V1;

namespace FaceCluster.Gateway.Clusters;

/// <summary>A place in the event feed of a collection: the feed's epoch and the number of the last event.</summary>
internal static class WatchToken
{
    private const int GuidLength = 16;
    private const int Length = GuidLength + GuidLength + sizeof(long);

    public static string Encode(Guid collectionUid, Guid epoch, long number)
    {
        Span<byte> bytes = stackalloc byte[Length];
        collectionUid.TryWriteBytes(bytes);
        epoch.TryWriteBytes(bytes[GuidLength..]);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[(2 * GuidLength)..], number);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The place to go on from; the beginning (an empty epoch) for an empty token.</summary>
    public static (Guid Epoch, long Number) Decode(string token, Guid collectionUid)
    {
        if (token.Length == 0)
        {
            return (Guid.Empty, 0);
        }

        if (token.Length > 2 * Length || !Base64Url.IsValid(token) || Base64Url.DecodeFromChars(token) is not { Length: Length } bytes)
        {
            throw ApiError.FieldException(ErrorReason.InvalidWatchToken, "resume_token", "is not a token of this server.");
        }

        if (new Guid(bytes.AsSpan(0, GuidLength)) != collectionUid)
        {
            throw ApiError.FieldException(ErrorReason.InvalidWatchToken, "resume_token", "is of another collection, or of one of this name that was deleted.");
        }

        return (new Guid(bytes.AsSpan(GuidLength, GuidLength)), BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(2 * GuidLength)));
    }
}
