using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;

namespace FaceCluster.Gateway.Collections;

/// <summary>Reads how large shards may answer searches from the wire, and writes it back with the defaults filled in.</summary>
internal static class ApproximateSearchReader
{
    private static readonly ApproximateSearchSettings Defaults = new();

    public static void Check(FieldViolations violations, string field, ApproximateSearch? wanted)
    {
        if (wanted is null)
        {
            return;
        }

        if (wanted.Structure == ApproximateSearch.Types.Structure.Unspecified || !Enum.IsDefined(wanted.Structure))
        {
            violations.Add($"{field}.structure", "is missing or unknown; one of IVF_FLAT, IVF_SQ8 and HNSW is needed.");
        }

        // 0 stands for the default.
        violations.Range($"{field}.min_faces", Or(wanted.MinFaces, Defaults.MinFaces), 10_000, 100_000_000)
            .Range($"{field}.lists", wanted.Lists, 0, 65_536)
            .Range($"{field}.probes", Or(wanted.Probes, Defaults.Probes), 1, 65_536)
            .Range($"{field}.links", Or(wanted.Links, Defaults.Links), 4, 128)
            .Range($"{field}.build_breadth", Or(wanted.BuildBreadth, Defaults.BuildBreadth), 8, 4_096)
            .Range($"{field}.search_breadth", Or(wanted.SearchBreadth, Defaults.SearchBreadth), 8, 4_096);
    }

    public static ApproximateSearchSettings? Read(ApproximateSearch? wanted) => wanted is null ? null : new ApproximateSearchSettings
    {
        Structure = wanted.Structure switch
        {
            ApproximateSearch.Types.Structure.IvfSq8 => ApproximateStructure.IvfSq8,
            ApproximateSearch.Types.Structure.Hnsw => ApproximateStructure.Hnsw,
            _ => ApproximateStructure.IvfFlat,
        },
        MinFaces = Or(wanted.MinFaces, Defaults.MinFaces),
        Lists = wanted.Lists,
        Probes = Or(wanted.Probes, Defaults.Probes),
        Links = Or(wanted.Links, Defaults.Links),
        BuildBreadth = Or(wanted.BuildBreadth, Defaults.BuildBreadth),
        SearchBreadth = Or(wanted.SearchBreadth, Defaults.SearchBreadth),
    };

    public static ApproximateSearch? ToWire(ApproximateSearchSettings? settings) => settings is null ? null : new ApproximateSearch
    {
        Structure = settings.Structure switch
        {
            ApproximateStructure.IvfSq8 => ApproximateSearch.Types.Structure.IvfSq8,
            ApproximateStructure.Hnsw => ApproximateSearch.Types.Structure.Hnsw,
            _ => ApproximateSearch.Types.Structure.IvfFlat,
        },
        MinFaces = settings.MinFaces,
        Lists = settings.Lists,
        Probes = settings.Probes,
        Links = settings.Links,
        BuildBreadth = settings.BuildBreadth,
        SearchBreadth = settings.SearchBreadth,
    };

    private static int Or(int value, int fallback) => value == 0 ? fallback : value;
}
