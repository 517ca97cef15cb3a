namespace FaceCluster.Grains;

/// <summary>
/// A place in the list of a collection's faces: the camera slot and the number of the face within it. Faces keep both for
/// ever, deleted ones included, whatever shard they are in.
/// </summary>
public static class FacePosition
{
    /// <summary>The position of face number <paramref name="index"/> of a slot; 0 of slot 0 is the start.</summary>
    public static long Of(int slot, int index) => ((long)slot << 32) | (uint)index;

    /// <summary>The slot of a position.</summary>
    public static int Slot(long position) => (int)(position >> 32);

    /// <summary>The number within the slot.</summary>
    public static int Index(long position) => (int)(position & int.MaxValue);
}
