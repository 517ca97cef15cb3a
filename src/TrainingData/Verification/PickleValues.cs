namespace FaceCluster.TrainingData.Verification;

/// <summary>A run of bytes in the pickle's file. Pictures stay on the disk until they are asked for.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Bytes in the file.</param>
/// <param name="IsLatin1Text">Whether the bytes are UTF-8 text whose characters are the wanted bytes, as Python 3 writes bytes in protocol 2.</param>
internal sealed record PickleBytes(long Offset, int Length, bool IsLatin1Text = false);

/// <summary>A text in the file, UTF-8.</summary>
internal sealed record PickleText(long Offset, int Length);

/// <summary>A name that the pickle asks for; only those that <see cref="PickleGlobals"/> lists come about.</summary>
internal sealed record PickleGlobal(string Name);

/// <summary>The mark between what is on the stack and the items of a container.</summary>
internal sealed class PickleMark
{
    public static PickleMark Instance { get; } = new();
}

/// <summary>Python's None.</summary>
internal sealed class PickleNone
{
    public static PickleNone Instance { get; } = new();
}

/// <summary>A numpy element type of one byte: u1 or b1.</summary>
internal sealed class PickleType(bool isBool)
{
    public bool IsBool => isBool;
}

/// <summary>A numpy array of bytes or truth values.</summary>
internal sealed class PickleArray
{
    public PickleBytes? Data { get; set; }

    public bool IsBool { get; set; }
}
