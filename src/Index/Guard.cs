using FaceCluster.Index.Storage;

namespace FaceCluster.Index;

internal static class Guard
{
    public static void Unit(ReadOnlySpan<float> vector, int dimension, string name)
    {
        if (vector.Length != dimension)
        {
            throw new ArgumentException($"The vector has {vector.Length} elements; the index holds {dimension}.", name);
        }

        if (!ScalarQuantizer.IsUnit(vector))
        {
            throw new ArgumentException(
                $"The vector is not of unit length (squared length within {ScalarQuantizer.UnitTolerance} of 1) or not finite.", name);
        }
    }

    public static void NotNaN(double value, string name)
    {
        if (double.IsNaN(value))
        {
            throw new ArgumentException("The similarity is not a number.", name);
        }
    }
}
