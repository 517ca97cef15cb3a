using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster search</c>: the most similar stored faces.</summary>
internal sealed class SearchCommand : ServerCommand
{
    private readonly Argument<string> _query = new("query") { Description = "A picture, or the id of a stored face." };
    private readonly Option<PictureKind> _kind = QueryFace.KindOption();

    private readonly Option<int> _results = new("--results", "-k")
    {
        Description = "Matches per face, at most.",
        HelpName = "N",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<double?> _minSimilarity = new("--min-similarity")
    {
        Description = "Only matches with at least this cosine, -1 to 1.",
        HelpName = "COSINE",
    };

    private readonly Option<bool> _exact = new("--exact")
    {
        Description = "Compare every stored face, also where the collection has approximate search.",
    };

    private readonly Option<bool> _partial = PartialOption.Create();

    public SearchCommand(CliConsole console)
        : base(
            console, "search", "Finds the most similar stored faces of every face in a picture, or of a stored face. Exact, unless the collection has approximate search.",
            "search photo.jpg", "search --results 50 --min-similarity 0.4 photo.jpg", "search 4be0f3aa6c0d4e0f9a5c1c3b2a190817")
    {
        Arguments.Add(_query);
        Options.Add(_kind);
        Options.Add(_results);
        Options.Add(_minSimilarity);
        Options.Add(_exact);
        Options.Add(_partial);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var request = new SearchFacesRequest
        {
            Parent = call.Collection,
            Query = await QueryFace.ReadAsync(call.Parse.GetValue(_query)!, call.Collection, call.Parse.GetValue(_kind), call.Cancellation),
            MaxResults = call.Parse.GetValue(_results),
            Exact = call.Parse.GetValue(_exact),
            AllowPartial = call.Parse.GetValue(_partial),
        };
        if (call.Parse.GetValue(_minSimilarity) is { } minimum)
        {
            request.MinSimilarity = minimum;
        }

        var response = await call.Connection.Faces.SearchFacesAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
        Print(call, response, () => Write(response));
        return PartialOption.Outcome(Console, response.Unreachable);
    }

    private void Write(SearchFacesResponse response)
    {
        if (response.Results.Count == 0)
        {
            Console.Note("There is no face in the picture.");
        }

        if (response.Approximate)
        {
            Console.Note("Approximate: more similar faces may be missing (--exact compares all).");
        }

        for (var i = 0; i < response.Results.Count; i++)
        {
            var result = response.Results[i];
            Console.Output.WriteLine($"face {i + 1} {Tables.BoxText(result.Box)} magnitude {Tables.Magnitude(result.Quality)}");
            if (result.Refusal != FaceRefusal.Unspecified)
            {
                Console.Output.WriteLine($"  cannot be used: {IngestTally.NameOf(result.Refusal)}");
                continue;
            }

            var table = Tables.Create(">similarity", ">probability", "face", "camera", "seen", "cluster", "identity");
            foreach (var match in result.Matches)
            {
                table.Add(
                    Tables.Cosine(match.Similarity), Tables.Probability(match.HasProbability, match.Probability), ResourceNames.Id(match.Face.Name),
                    match.Face.Camera, Tables.Time(match.Face.CaptureTime), ResourceNames.Id(match.Face.Cluster), ResourceNames.Id(match.Face.Identity));
            }

            Console.Results.Write(table);
        }
    }
}
