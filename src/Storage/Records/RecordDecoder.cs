using FaceCluster.Core;

namespace FaceCluster.Storage.Records;

/// <summary>Reads the bodies of records back and hands them to a replay.</summary>
internal sealed class RecordDecoder
{
    private readonly StringPool _names = new();

    /// <param name="type">Kind of the record.</param>
    /// <param name="lsn">Its number.</param>
    /// <param name="embeddings">The rows at the start of an append.</param>
    /// <param name="rest">The body after the rows.</param>
    /// <param name="replay">Receives the record.</param>
    /// <exception cref="InvalidDataException">The body is not what its type says.</exception>
    public void Deliver(RecordType type, long lsn, ReadOnlyMemory<byte> embeddings, ReadOnlySpan<byte> rest, IShardReplay replay)
    {
        switch (type)
        {
            case RecordType.Append:
                replay.OnAppend(lsn, ReadAppend(embeddings, rest));
                break;
            case RecordType.Links:
                replay.OnLinks(lsn, ReadLinks(rest));
                break;
            case RecordType.Delete:
                replay.OnDelete(lsn, ReadDelete(rest));
                break;
            default:
                throw new InvalidDataException($"A record of type {(byte)type} is unknown; a newer version wrote it.");
        }
    }

    private ItemBlock ReadAppend(ReadOnlyMemory<byte> embeddings, ReadOnlySpan<byte> rest)
    {
        var cursor = new RecordCursor(rest);
        var camera = _names.Get(cursor.ReadUtf8());
        var items = new ItemEntry[cursor.ReadCount(RecordEncoder.MinItemBytes)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = ReadItem(ref cursor);
        }

        return new ItemBlock { Camera = camera, Items = items, Embeddings = embeddings };
    }

    private ItemEntry ReadItem(ref RecordCursor cursor)
    {
        var sequence = cursor.ReadInt64();
        var capturedAt = cursor.ReadInt64();
        var digest = cursor.ReadUInt64();
        var gap = cursor.ReadInt64();
        var overLimit = cursor.ReadInt32();
        var source = (EntrySource)cursor.ReadByte();
        var flags = cursor.ReadByte();
        var count = cursor.ReadCount(RecordEncoder.MinFaceBytes);
        var track = (flags & RecordEncoder.HasTrack) != 0 ? cursor.ReadText() : null;
        var refusal = (flags & RecordEncoder.HasRefusal) != 0
            ? new ItemRefusal(_names.Get(cursor.ReadUtf8()), cursor.ReadText())
            : null;
        var faces = count == 0 ? [] : new FaceEntry[count];
        for (var i = 0; i < count; i++)
        {
            faces[i] = ReadFace(ref cursor);
        }

        return new ItemEntry
        {
            Sequence = sequence,
            CapturedAtMicros = capturedAt,
            PayloadDigest = digest,
            GapBefore = gap,
            FacesOverLimit = overLimit,
            Source = source,
            TrackId = track,
            Refusal = refusal,
            Faces = faces,
        };
    }

    private static FaceEntry ReadFace(ref RecordCursor cursor)
    {
        var id = cursor.ReadId();
        var state = (FaceState)cursor.ReadByte();
        var reason = cursor.ReadByte();
        var flags = cursor.ReadByte();
        var score = cursor.ReadSingle();
        var magnitude = cursor.ReadSingle();
        EntryBox? box = (flags & RecordEncoder.HasBox) != 0
            ? new EntryBox(cursor.ReadSingle(), cursor.ReadSingle(), cursor.ReadSingle(), cursor.ReadSingle())
            : null;
        return new FaceEntry(id, box, score, magnitude, state, reason);
    }

    private static LinkUpdate ReadLinks(ReadOnlySpan<byte> rest)
    {
        var cursor = new RecordCursor(rest);
        var changed = new LinkEntry[cursor.ReadCount(FaceId.Size + 1)];
        // One array for all lists: a snapshot has as many lists as faces.
        var pool = new CandidateEntry[Math.Max(0, (rest.Length - 12 - (changed.Length * (FaceId.Size + 1))) / RecordEncoder.CandidateBytes)];
        var used = 0;
        for (var i = 0; i < changed.Length; i++)
        {
            var face = cursor.ReadId();
            var count = cursor.ReadByte();
            for (var k = 0; k < count; k++)
            {
                pool[used + k] = new CandidateEntry(cursor.ReadId(), cursor.ReadDouble());
            }

            changed[i] = new LinkEntry(face, pool.AsMemory(used, count));
            used += count;
        }

        return new LinkUpdate { Changed = changed, Linked = ReadIds(ref cursor), Dirty = ReadIds(ref cursor) };
    }

    private static Deletion ReadDelete(ReadOnlySpan<byte> rest)
    {
        var cursor = new RecordCursor(rest);
        return new Deletion { Own = ReadIds(ref cursor), Foreign = ReadIds(ref cursor) };
    }

    private static FaceId[] ReadIds(ref RecordCursor cursor)
    {
        var count = cursor.ReadCount(FaceId.Size);
        var ids = count == 0 ? [] : new FaceId[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = cursor.ReadId();
        }

        return ids;
    }
}
