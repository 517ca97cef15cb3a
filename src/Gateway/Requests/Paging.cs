namespace FaceCluster.Gateway.Requests;

/// <summary>Page sizes (AIP-158).</summary>
internal static class Paging
{
    public const int DefaultSize = 100;
    public const int MaxSize = 1000;

    /// <summary>The size to use: the default for 0, lowered to the maximum; a negative one is a fault.</summary>
    public static int Size(FieldViolations violations, string field, int value, int defaultSize = DefaultSize, int maxSize = MaxSize)
    {
        violations.NotNegative(field, value);
        return value <= 0 ? defaultSize : Math.Min(value, maxSize);
    }
}
