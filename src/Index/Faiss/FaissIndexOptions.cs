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
    /// <summary>What Faiss asks for, per inverted list; more training rows did not help.</summary>
    internal const int TrainingRowsPerList = 40;

    /// <summary>Which structure.</summary>
    public FaissIndexKind Kind { get; init; } = FaissIndexKind.IvfFlat;

    /// <summary>Shards with fewer faces stay exact. From 10,000 to 100 million.</summary>
    public int FromRows { get; init; } = 1_000_000;

    /// <summary>Inverted lists, 1 to 65,536 and at most <see cref="FromRows"/> / 40; 0 chooses four times the square root of the rows at
    /// training, if that leaves 40 rows to each.</summary>
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
    public string? Problem() => OutOfRange()?.Problem ?? FaissLibrary.UnavailableReason;

    /// <summary>The first option that no machine takes, and why; null where all are in range.</summary>
    public (string Option, string Problem)? OutOfRange() =>
        Outside(nameof(FromRows), FromRows, 10_000, 100_000_000)
        ?? Outside(nameof(Lists), Lists, 0, 65_536)
        ?? Outside(nameof(Probes), Probes, 1, 65_536)
        ?? Outside(nameof(Links), Links, 4, 128)
        ?? Outside(nameof(BuildBreadth), BuildBreadth, 8, 4_096)
        ?? Outside(nameof(SearchBreadth), SearchBreadth, 8, 4_096)
        ?? TooManyLists()
        ?? (Enum.IsDefined(Kind) ? null : ((string, string)?)(nameof(Kind), $"{nameof(Kind)} {(int)Kind} is unknown."));

    /// <summary>Inverted lists for that many rows.</summary>
    internal int ListsFor(int rows) =>
        Lists > 0 ? Lists : (int)Math.Clamp(Math.Min(4 * Math.Sqrt(rows), rows / TrainingRowsPerList), 1, 65_536);

    /// <summary>Faiss' own name for the structure; ids are kept by a map where the structure has none.</summary>
    internal string Factory(int rows)
    {
        var lists = ListsFor(rows);
        return Kind switch
        {
            FaissIndexKind.IvfFlat => string.Create(CultureInfo.InvariantCulture, $"IVF{lists},Flat"),
            FaissIndexKind.IvfSq8 => string.Create(CultureInfo.InvariantCulture, $"IVF{lists},SQ8"),
            _ => string.Create(CultureInfo.InvariantCulture, $"IDMap2,HNSW{Links},Flat"),
        };
    }

    private (string, string)? TooManyLists() => Lists <= FromRows / TrainingRowsPerList
        ? null
        : (nameof(Lists), string.Create(
            CultureInfo.InvariantCulture,
            $"{nameof(Lists)} is {Lists}; with {nameof(FromRows)} {FromRows} it must be at most {FromRows / TrainingRowsPerList}: each needs {TrainingRowsPerList} rows to be trained."));

    private static (string, string)? Outside(string name, int value, int low, int high) => value >= low && value <= high
        ? null
        : (name, string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be from {low} to {high}."));
}
