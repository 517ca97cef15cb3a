using System.Globalization;

namespace FaceCluster.Index.Faiss;

/// <summary>Kinds of approximate index.</summary>
public enum FaissIndexKind
{
    /// <summary>Inverted lists of whole vectors: 4 d bytes per face.</summary>
    IvfFlat,

    /// <summary>Inverted lists of 8-bit codes: d bytes per face.</summary>
    IvfSq8,

    /// <summary>Navigable small-world graph: fastest search, slowest build; no removal and no range search.</summary>
    Hnsw,
}

/// <summary>An approximate index for a collection's large shards. Off unless configured.</summary>
public sealed record FaissIndexOptions
{
    /// <summary>Which structure.</summary>
    public FaissIndexKind Kind { get; init; } = FaissIndexKind.IvfFlat;

    /// <summary>Shards with fewer faces stay exact. From 10,000 to 100 million.</summary>
    public int FromRows { get; init; } = 1_000_000;

    /// <summary>Inverted lists, 1 to 65,536; 0 chooses four times the square root of the rows at training.</summary>
    public int Lists { get; init; }

    /// <summary>Inverted lists read per query, 1 to 65,536.</summary>
    public int Probes { get; init; } = 32;

    /// <summary>Links per face of the graph, 4 to 128.</summary>
    public int Links { get; init; } = 16;

    /// <summary>Breadth of the graph search while building, 8 to 4,096.</summary>
    public int BuildBreadth { get; init; } = 200;

    /// <summary>Breadth of the graph search of a query, 8 to 4,096.</summary>
    public int SearchBreadth { get; init; } = 64;

    /// <summary>The first reason why these options cannot be used on this machine, or null.</summary>
    public string? Problem() =>
        Outside(nameof(FromRows), FromRows, 10_000, 100_000_000)
        ?? Outside(nameof(Lists), Lists, 0, 65_536)
        ?? Outside(nameof(Probes), Probes, 1, 65_536)
        ?? Outside(nameof(Links), Links, 4, 128)
        ?? Outside(nameof(BuildBreadth), BuildBreadth, 8, 4_096)
        ?? Outside(nameof(SearchBreadth), SearchBreadth, 8, 4_096)
        ?? (Enum.IsDefined(Kind) ? null : $"{nameof(Kind)} {(int)Kind} is unknown.")
        ?? FaissLibrary.UnavailableReason;

    /// <summary>Faiss' own name for the structure; ids are kept by a map where the structure has none.</summary>
    internal string Factory(int rows)
    {
        var lists = Lists > 0 ? Lists : (int)Math.Clamp(4 * Math.Sqrt(rows), 1, 65_536);
        return Kind switch
        {
            FaissIndexKind.IvfFlat => string.Create(CultureInfo.InvariantCulture, $"IVF{lists},Flat"),
            FaissIndexKind.IvfSq8 => string.Create(CultureInfo.InvariantCulture, $"IVF{lists},SQ8"),
            _ => string.Create(CultureInfo.InvariantCulture, $"IDMap2,HNSW{Links},Flat"),
        };
    }

    private static string? Outside(string name, int value, int low, int high) =>
        value >= low && value <= high ? null : $"{name} is {value}; it must be from {low} to {high}.";
}
