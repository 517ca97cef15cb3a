using System.Buffers.Text;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Gateway.Requests;

/// <summary>
/// A revision on the wire: the collection's uid and the highest position per shard that a reader wants to see, as
/// base64url. Several may be joined with commas.
/// </summary>
internal static class RevisionToken
{
    private const int MaxLength = 64 * 1024;
    private const int UidLength = 16;

    public static string Encode(Guid collectionUid, params ReadOnlySpan<ShardRevision> revisions)
    {
        Span<byte> bytes = stackalloc byte[512];
        if (UidLength + (revisions.Length * 15) > bytes.Length)
        {
            bytes = new byte[UidLength + (revisions.Length * 15)];
        }

        collectionUid.TryWriteBytes(bytes);
        var length = UidLength;
        foreach (var revision in revisions)
        {
            length += WriteVarint(bytes[length..], (ulong)revision.Shard);
            length += WriteVarint(bytes[length..], (ulong)revision.Lsn);
        }

        return Base64Url.EncodeToString(bytes[..length]);
    }

    /// <summary>The positions of a token of the collection, one per shard; empty for an empty token.</summary>
    public static IReadOnlyList<ShardRevision> Decode(FieldViolations violations, string field, string text, CollectionInfo collection)
    {
        if (text.Length == 0)
        {
            return [];
        }

        if (text.Length > MaxLength)
        {
            violations.Add(field, $"has more than {MaxLength} characters.", ErrorReason.InvalidRevision);
            return [];
        }

        var positions = new Dictionary<int, long>();
        foreach (var token in text.Split(','))
        {
            if (Error(token, collection, positions) is { } error)
            {
                violations.Add(field, error, ErrorReason.InvalidRevision);
                return [];
            }
        }

        return [.. positions.Select(pair => new ShardRevision(pair.Key, pair.Value))];
    }

    private static string? Error(string token, CollectionInfo collection, Dictionary<int, long> positions)
    {
        if (!Base64Url.IsValid(token) || Base64Url.DecodeFromChars(token) is not { Length: > UidLength } bytes)
        {
            return "is not a revision token of this server.";
        }

        if (new Guid(bytes.AsSpan(0, UidLength)) != collection.Uid)
        {
            return "is of another collection, or of one of this name that was deleted.";
        }

        using var input = new CodedInputStream(bytes[UidLength..]);
        try
        {
            while (!input.IsAtEnd)
            {
                var shard = input.ReadUInt64();
                var lsn = input.ReadUInt64();
                if (shard > int.MaxValue || !Knows(collection.Map, (int)shard) || lsn > long.MaxValue)
                {
                    return "is not a revision token of this collection.";
                }

                positions[(int)shard] = Math.Max(positions.GetValueOrDefault((int)shard), (long)lsn);
            }
        }
        catch (InvalidProtocolBufferException)
        {
            return "is not a revision token of this server.";
        }

        return null;
    }

    /// <summary>A shard that was split has tokens still in use.</summary>
    private static bool Knows(ShardMap map, int shard) => map.Find(shard) is not null || map.FindRetired(shard) is not null;

    private static int WriteVarint(Span<byte> destination, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[length++] = (byte)(value | 0x80);
        }

        destination[length++] = (byte)value;
        return length;
    }
}
