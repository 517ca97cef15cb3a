namespace FaceCluster.Grains;

/// <summary>How what a dead process left undone is found.</summary>
public sealed class CatalogOptions
{
    /// <summary>How often every silo has the catalog look.</summary>
    public TimeSpan TendPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a restore may be silent before it counts as given up; gateways report every 3 s.</summary>
    public TimeSpan RestorePatience { get; set; } = TimeSpan.FromSeconds(20);
}
