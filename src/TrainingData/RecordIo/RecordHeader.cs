using System.Buffers.Binary;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// What stands before the picture in a record of MXNet's image format (recordio.py, IRHeader): a flag, a label, two
/// numbers, and as many further labels as the flag says.
/// </summary>
/// <param name="Flag">Number of labels that follow the header; 0 where the header's own label counts.</param>
/// <param name="Labels">The labels: one, or as many as the flag says.</param>
/// <param name="Id">The record's key, as the writer saw it.</param>
/// <param name="Id2">Seldom used.</param>
/// <param name="BodyOffset">Where the picture begins in the payload.</param>
public readonly record struct RecordHeader(uint Flag, float[] Labels, ulong Id, ulong Id2, int BodyOffset)
{
    /// <summary>Bytes before the further labels.</summary>
    public const int FixedLength = 24;

    // An image has a handful of labels, an identity two.
    private const uint MaxLabels = 4096;

    /// <summary>Reads the header of a payload, or of its first bytes.</summary>
    /// <param name="payload">The bytes there are.</param>
    /// <param name="payloadLength">How many the whole payload has.</param>
    /// <param name="name">The record's name in messages.</param>
    /// <exception cref="TrainingDataException">It does not fit.</exception>
    public static RecordHeader Parse(ReadOnlySpan<byte> payload, int payloadLength, string name)
    {
        if (payloadLength < FixedLength)
        {
            throw new TrainingDataException($"{name} has {payloadLength} bytes; its header alone takes {FixedLength}.");
        }

        var flag = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        if (flag > MaxLabels || FixedLength + (flag * sizeof(float)) > payloadLength)
        {
            throw new TrainingDataException($"{name} says that {flag} labels follow, which its {payloadLength} bytes cannot hold.");
        }

        var labels = new float[Math.Max(1, flag)];
        labels[0] = BinaryPrimitives.ReadSingleLittleEndian(payload[4..]);
        for (var i = 0; i < flag; i++)
        {
            labels[i] = BinaryPrimitives.ReadSingleLittleEndian(payload[(FixedLength + (i * sizeof(float)))..]);
        }

        return new RecordHeader(
            flag,
            labels,
            BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]),
            FixedLength + ((int)flag * sizeof(float)));
    }

    /// <summary>The bytes needed to read the header of a payload that begins with <paramref name="start"/>.</summary>
    public static int LengthFor(ReadOnlySpan<byte> start) =>
        FixedLength + ((int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(start), MaxLabels) * sizeof(float));

    /// <summary>The payload of a record: header, labels and body.</summary>
    /// <param name="labels">One label, or several; more than one are written behind the header.</param>
    /// <param name="id">The record's key.</param>
    /// <param name="id2">The second number.</param>
    /// <param name="body">The picture.</param>
    public static byte[] Compose(ReadOnlySpan<float> labels, ulong id, ulong id2, ReadOnlySpan<byte> body)
    {
        var many = labels.Length > 1;
        var offset = FixedLength + (many ? labels.Length * sizeof(float) : 0);
        var payload = new byte[offset + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, many ? (uint)labels.Length : 0);
        BinaryPrimitives.WriteSingleLittleEndian(payload.AsSpan(4), many ? 0 : labels[0]);
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(8), id);
        BinaryPrimitives.WriteUInt64LittleEndian(payload.AsSpan(16), id2);
        for (var i = 0; many && i < labels.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(payload.AsSpan(FixedLength + (i * sizeof(float))), labels[i]);
        }

        body.CopyTo(payload.AsSpan(offset));
        return payload;
    }

    /// <summary>The first label as a class.</summary>
    /// <exception cref="TrainingDataException">It is no whole number from 0 to 2^24, above which a single skips numbers.</exception>
    public int Class(string name)
    {
        var label = Labels[0];
        return label is >= 0 and <= 1 << 24 && label == MathF.Floor(label)
            ? (int)label
            : throw new TrainingDataException($"{name} has the label {label}; a class must be a whole number from 0 to {1 << 24}.");
    }
}
