using FaceCluster.Index.Faiss;

namespace FaceCluster.Grains.Shards;

/// <summary>From the settings of a collection to the options of the index.</summary>
internal static class ApproximateRules
{
    private const string Field = "collection.settings.approximate_search";

    /// <summary>
    /// Throws <see cref="DomainException"/> naming the first field out of range, or FAILED_PRECONDITION with the sentence
    /// that says how to get the native library where this silo has none.
    /// </summary>
    public static void Check(ApproximateSearchSettings? settings)
    {
        if (settings is null)
        {
            return;
        }

        var options = Options(settings);
        if (options.OutOfRange() is { } wrong)
        {
            throw new DomainException(DomainStatus.InvalidArgument, "INVALID_SETTING", wrong.Problem, $"{Field}.{Name(wrong.Option)}");
        }

        if (FaissLibrary.UnavailableReason is { } reason)
        {
            throw new DomainException(DomainStatus.FailedPrecondition, "APPROXIMATE_SEARCH_UNAVAILABLE", reason, Field);
        }
    }

    /// <summary>The same in the library's terms.</summary>
    public static FaissIndexOptions Options(ApproximateSearchSettings settings) => new()
    {
        Kind = settings.Structure switch
        {
            ApproximateStructure.IvfFlat => FaissIndexKind.IvfFlat,
            ApproximateStructure.IvfSq8 => FaissIndexKind.IvfSq8,
            ApproximateStructure.Hnsw => FaissIndexKind.Hnsw,
            var other => (FaissIndexKind)other,
        },
        FromRows = settings.MinFaces,
        Lists = settings.Lists,
        Probes = settings.Probes,
        Links = settings.Links,
        BuildBreadth = settings.BuildBreadth,
        SearchBreadth = settings.SearchBreadth,
    };

    private static string Name(string option) => option switch
    {
        nameof(FaissIndexOptions.Kind) => "structure",
        nameof(FaissIndexOptions.FromRows) => "min_faces",
        nameof(FaissIndexOptions.BuildBreadth) => "build_breadth",
        nameof(FaissIndexOptions.SearchBreadth) => "search_breadth",
        _ => option.ToLowerInvariant(),
    };
}
