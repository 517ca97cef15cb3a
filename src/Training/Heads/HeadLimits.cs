namespace FaceCluster.Training.Heads;

internal static class HeadLimits
{
    public static void Within(string field, double value, double low, double high, bool exclusiveLow = false)
    {
        if (!(value >= low && value <= high) || (exclusiveLow && value <= low))
        {
            throw new ArgumentException($"head.{field} must be {(exclusiveLow ? "above" : "at least")} {low} and at most {high:0.####}, not {value}.", field);
        }
    }
}
