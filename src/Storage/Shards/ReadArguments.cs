namespace FaceCluster.Storage;

internal static class ReadArguments
{
    public static void Check(int faces, int destination, int found, int dimension)
    {
        if (destination < (long)faces * dimension)
        {
            throw new ArgumentException(
                $"destination has {destination} values; {faces} faces of dimension {dimension} need {(long)faces * dimension}.",
                nameof(destination));
        }

        if (found < faces)
        {
            throw new ArgumentException($"found has {found} flags for {faces} faces.", nameof(found));
        }
    }
}
