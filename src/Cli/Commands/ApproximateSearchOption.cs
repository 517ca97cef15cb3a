using System.CommandLine;
using FaceCluster.V1;
using Structure = FaceCluster.V1.ApproximateSearch.Types.Structure;

namespace FaceCluster.Cli.Commands;

/// <summary>The options of <c>collections create</c> that let large shards answer searches approximately.</summary>
internal sealed class ApproximateSearchOption
{
    private static readonly Dictionary<string, Structure> Structures = new()
    {
        ["ivf-flat"] = Structure.IvfFlat,
        ["ivf-sq8"] = Structure.IvfSq8,
        ["hnsw"] = Structure.Hnsw,
    };

    private readonly Option<string?> _structure = new("--approximate")
    {
        Description = "Let large shards answer searches approximately with Faiss (clusters stay exact) [default: exact].",
        HelpName = "ivf-flat|ivf-sq8|hnsw",
    };

    private readonly Option<int> _minFaces = new("--approximate-from") { Description = "With --approximate: shards with fewer faces stay exact [default: 1000000].", HelpName = "FACES" };
    private readonly Option<int> _lists = new("--lists") { Description = "With --approximate ivf-...: inverted lists [default: chosen by the size].", HelpName = "N" };
    private readonly Option<int> _probes = new("--probes") { Description = "With --approximate ivf-...: lists read per query [default: 32].", HelpName = "N" };
    private readonly Option<int> _links = new("--links") { Description = "With --approximate hnsw: links per face [default: 16].", HelpName = "N" };
    private readonly Option<int> _buildBreadth = new("--build-breadth") { Description = "With --approximate hnsw: breadth while building [default: 200].", HelpName = "N" };
    private readonly Option<int> _searchBreadth = new("--search-breadth") { Description = "With --approximate hnsw: breadth of a query [default: 64].", HelpName = "N" };

    public ApproximateSearchOption() => _structure.AcceptOnlyFromAmong([.. Structures.Keys]);

    public static string Name(Structure structure) => Structures.FirstOrDefault(pair => pair.Value == structure).Key ?? "approximate";

    public void AddTo(Command command)
    {
        Option[] all = [_structure, _minFaces, _lists, _probes, _links, _buildBreadth, _searchBreadth];
        Array.ForEach(all, command.Options.Add);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_structure) is null && all.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } stray)
            {
                result.AddError($"{stray.Name} needs --approximate.");
            }
        });
    }

    /// <summary>What was asked for; null for exact search.</summary>
    public ApproximateSearch? Read(ParseResult parse) => parse.GetValue(_structure) is not { } structure ? null : new ApproximateSearch
    {
        Structure = Structures[structure],
        MinFaces = parse.GetValue(_minFaces),
        Lists = parse.GetValue(_lists),
        Probes = parse.GetValue(_probes),
        Links = parse.GetValue(_links),
        BuildBreadth = parse.GetValue(_buildBreadth),
        SearchBreadth = parse.GetValue(_searchBreadth),
    };
}
