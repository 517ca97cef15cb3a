namespace FaceCluster.Clustering;

/// <summary>How firmly a face sits in its cluster.</summary>
/// <param name="Marks">Why it is uncertain.</param>
/// <param name="Own">Log-odds that it belongs to the rest of its cluster; negative infinity where it is alone.</param>
/// <param name="Other">Log-odds that it belongs to the best other cluster around it; negative infinity where there is none.</param>
/// <param name="OtherCentre">Row of that cluster's centre, or -1.</param>
public readonly record struct FaceStanding(FaceMarks Marks, float Own, float Other, int OtherCentre)
{
    /// <summary>By how much its own cluster is likelier than the next one; infinite where there is no other, not a number where it is alone.</summary>
    public float Margin => float.IsNegativeInfinity(Own) ? float.NaN : Own - Other;
}
