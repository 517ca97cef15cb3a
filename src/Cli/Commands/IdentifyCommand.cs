using System.CommandLine;
using System.Text.Json.Nodes;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster identify</c>: who every face of a photograph may be.</summary>
internal sealed class IdentifyCommand : ServerCommand
{
    private readonly Argument<string[]> _photographs = new("photograph")
    {
        Description = "Pictures, or ids of stored faces.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<PictureKind> _kind = QueryFace.KindOption();

    private readonly Option<int> _candidates = new("--candidates", "-k")
    {
        Description = "Candidates per face, at most.",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    };

    private readonly Option<double?> _minSimilarity = new("--min-similarity")
    {
        Description = "Only candidates with at least this cosine, -1 to 1 [default: the collection's threshold].",
        HelpName = "COSINE",
    };

    private readonly Option<bool> _named = new("--named-only")
    {
        Description = "Only people with a name; otherwise clusters of unknown people are candidates, too.",
    };

    private readonly Option<bool> _partial = PartialOption.Create();

    public IdentifyCommand(CliConsole console)
        : base(
            console, "identify", "Says for every face of a photograph who it may be: people with a name, and unknown people seen before.",
            "identify party.jpg", "identify --named-only --candidates 3 --json door.jpg")
    {
        Arguments.Add(_photographs);
        Options.Add(_kind);
        Options.Add(_candidates);
        Options.Add(_minSimilarity);
        Options.Add(_named);
        Options.Add(_partial);
        Ready(RunAsync);
    }

    private async Task<int> RunAsync(Call call)
    {
        var results = new JsonArray();
        var unreachable = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var photograph in call.Parse.GetValue(_photographs)!)
        {
            var response = await AskAsync(call, photograph);
            unreachable.UnionWith(response.Unreachable);
            if (call.Json)
            {
                var node = JsonText.Node(response).AsObject();
                node.Insert(0, "photograph", photograph);
                results.Add(node);
            }
            else
            {
                Write(photograph, response);
            }
        }

        if (call.Json)
        {
            Console.Output.WriteLine(JsonText.Record(new JsonObject { ["photographs"] = results }));
        }

        return PartialOption.Outcome(Console, unreachable);
    }

    private async Task<IdentifyFacesResponse> AskAsync(Call call, string photograph)
    {
        var request = new IdentifyFacesRequest
        {
            AllowPartial = call.Parse.GetValue(_partial),
            Parent = call.Collection,
            Query = await QueryFace.ReadAsync(photograph, call.Collection, call.Parse.GetValue(_kind), call.Cancellation),
            MaxCandidates = call.Parse.GetValue(_candidates),
            IdentitiesOnly = call.Parse.GetValue(_named),
        };
        if (call.Parse.GetValue(_minSimilarity) is { } minimum)
        {
            request.MinSimilarity = minimum;
        }

        return await call.Connection.Identities.IdentifyFacesAsync(request, deadline: call.Deadline, cancellationToken: call.Cancellation);
    }

    private void Write(string photograph, IdentifyFacesResponse response)
    {
        Console.Output.WriteLine($"{photograph}: {response.Faces.Count} face{(response.Faces.Count == 1 ? "" : "s")}");
        if (response.Approximate)
        {
            Console.Note("Approximate: people without a name may be missing.");
        }

        for (var i = 0; i < response.Faces.Count; i++)
        {
            var face = response.Faces[i];
            Console.Output.WriteLine($"face {i + 1} {Tables.BoxText(face.Box)} magnitude {Tables.Magnitude(face.Quality)}");
            if (face.Refusal != FaceRefusal.Unspecified)
            {
                Console.Output.WriteLine($"  cannot be used: {IngestTally.NameOf(face.Refusal)}");
            }
            else if (face.Candidates.Count == 0)
            {
                Console.Output.WriteLine("  nobody that was seen before");
            }
            else
            {
                Console.Results.Write(Candidates(face));
            }
        }
    }

    private static Spectre.Console.Table Candidates(IdentifiedFace face)
    {
        var table = Tables.Create("who", ">similarity", ">probability", "cluster", "most similar face");
        foreach (var candidate in face.Candidates)
        {
            var who = candidate.Identity.Length == 0 ? "somebody without a name"
                : candidate.DisplayName.Length > 0 ? $"{candidate.DisplayName} ({ResourceNames.Id(candidate.Identity)})"
                : ResourceNames.Id(candidate.Identity);
            table.Add(
                who, Tables.Cosine(candidate.Similarity), Tables.Probability(candidate.HasProbability, candidate.Probability),
                ResourceNames.Id(candidate.Cluster), ResourceNames.Id(candidate.BestFace));
        }

        return table;
    }
}
