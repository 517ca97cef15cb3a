using FaceCluster.Core;

namespace FaceCluster.Storage.Records;

/// <summary>
/// Writes the bodies of records and checks the limits of the contract on the way. The embeddings of an append come first,
/// so that they lie aligned in the file and are read as one block of floats.
/// </summary>
internal static class RecordEncoder
{
    public const int CandidateBytes = FaceId.Size + sizeof(double);
    public const int MinItemBytes = 8 + 8 + 8 + 8 + 4 + 1 + 1 + 4;
    public const int MinFaceBytes = FaceId.Size + 3 + 4 + 4;

    public const byte HasTrack = 1;
    public const byte HasRefusal = 2;
    public const byte HasBox = 1;

    /// <returns>Number of embedding rows at the start of the body.</returns>
    public static int Append(RecordBuffer target, ItemBlock block, int dimension)
    {
        ArgumentNullException.ThrowIfNull(block);
        var rows = CheckBlock(block, dimension);
        block.Embeddings.Span.CopyTo(target.Reserve(block.Embeddings.Length));
        target.WriteText(block.Camera, ShardLimits.MaxCameraBytes, nameof(ItemBlock.Camera));
        target.WriteInt32(block.Items.Count);
        foreach (var item in block.Items)
        {
            WriteItem(target, item);
        }

        return CheckSize(target, rows);
    }

    public static int Links(RecordBuffer target, LinkUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        target.WriteInt32(update.Changed.Count);
        foreach (var list in update.Changed)
        {
            if (list.Candidates.Length > ShardLimits.MaxCandidates)
            {
                throw new ArgumentException(
                    $"Changed: a list has {list.Candidates.Length} candidates, the limit is {ShardLimits.MaxCandidates}.", nameof(update));
            }

            target.WriteId(list.Face);
            target.WriteByte((byte)list.Candidates.Length);
            foreach (ref readonly var candidate in list.Candidates.Span)
            {
                target.WriteId(candidate.Face);
                target.WriteDouble(candidate.Similarity);
            }
        }

        WriteIds(target, update.Linked);
        WriteIds(target, update.Dirty);
        return CheckSize(target, 0);
    }

    public static int Delete(RecordBuffer target, Deletion deletion)
    {
        ArgumentNullException.ThrowIfNull(deletion);
        WriteIds(target, deletion.Own);
        WriteIds(target, deletion.Foreign);
        return CheckSize(target, 0);
    }

    private static int CheckBlock(ItemBlock block, int dimension)
    {
        if (string.IsNullOrEmpty(block.Camera))
        {
            throw new ArgumentException("Camera is empty.", nameof(block));
        }

        if (block.Items is not { Count: > 0 })
        {
            throw new ArgumentException("Items is empty; a block holds at least one item.", nameof(block));
        }

        var rows = block.CountEmbeddings();
        var bytes = (long)rows * dimension * sizeof(float);
        if (block.Embeddings.Length != bytes)
        {
            throw new ArgumentException(
                $"Embeddings has {block.Embeddings.Length} bytes; {rows} stored faces of dimension {dimension} need {bytes}.",
                nameof(block));
        }

        return bytes <= ShardLimits.MaxRecordBytes ? rows : throw TooLarge();
    }

    private static void WriteItem(RecordBuffer target, ItemEntry item)
    {
        target.WriteInt64(item.Sequence);
        target.WriteInt64(item.CapturedAtMicros);
        target.WriteUInt64(item.PayloadDigest);
        target.WriteInt64(item.GapBefore);
        target.WriteInt32(item.FacesOverLimit);
        target.WriteByte((byte)item.Source);
        target.WriteByte((byte)((item.TrackId is null ? 0 : HasTrack) | (item.Refusal is null ? 0 : HasRefusal)));
        target.WriteInt32(item.Faces.Count);
        if (item.TrackId is not null)
        {
            target.WriteText(item.TrackId, ShardLimits.MaxTrackIdBytes, nameof(ItemEntry.TrackId));
        }

        if (item.Refusal is not null)
        {
            target.WriteText(item.Refusal.Reason, ShardLimits.MaxReasonBytes, nameof(ItemRefusal.Reason));
            target.WriteText(item.Refusal.Message, ShardLimits.MaxMessageBytes, nameof(ItemRefusal.Message));
        }

        foreach (var face in item.Faces)
        {
            WriteFace(target, face);
        }
    }

    private static void WriteFace(RecordBuffer target, in FaceEntry face)
    {
        if (face.Id.IsNone)
        {
            throw new ArgumentException("Faces: a face has no id.", nameof(face));
        }

        if (face.State > FaceState.Deleted)
        {
            throw new ArgumentException($"Faces: the state {(byte)face.State} is unknown.", nameof(face));
        }

        target.WriteId(face.Id);
        target.WriteByte((byte)face.State);
        target.WriteByte(face.Reason);
        target.WriteByte(face.Box is null ? (byte)0 : HasBox);
        target.WriteSingle(face.DetectionScore);
        target.WriteSingle(face.Magnitude);
        if (face.Box is { } box)
        {
            target.WriteSingle(box.X);
            target.WriteSingle(box.Y);
            target.WriteSingle(box.Width);
            target.WriteSingle(box.Height);
        }
    }

    private static void WriteIds(RecordBuffer target, IReadOnlyList<FaceId> ids)
    {
        target.WriteInt32(ids.Count);
        foreach (var id in ids)
        {
            target.WriteId(id);
        }
    }

    private static int CheckSize(RecordBuffer target, int rows) =>
        target.Length <= ShardLimits.MaxRecordBytes ? rows : throw TooLarge();

    private static ArgumentException TooLarge() =>
        new($"The record is larger than the limit of {ShardLimits.MaxRecordBytes} bytes; split the block.");
}
