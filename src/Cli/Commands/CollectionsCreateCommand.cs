using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster collections create</c>.</summary>
internal sealed class CollectionsCreateCommand : ServerCommand
{
    private readonly Argument<string> _name = new("name") { Description = "1 to 63 of a-z, 0-9 and -, beginning with a letter." };
    private readonly Option<string> _model = new("--model") { Description = "Id of the embedding model [default: the server's].", HelpName = "ID", DefaultValueFactory = _ => "" };
    private readonly Option<int> _shards = new("--shards") { Description = "Number of shards; 0 for the server's default. Clusters do not depend on it.", HelpName = "N" };
    private readonly Option<double?> _threshold = new("--threshold") { Description = "Cosine above which faces are linked, -1 to 1 [default: the server's].", HelpName = "COSINE" };
    private readonly Option<double?> _margin = new("--margin") { Description = "A face is marked ambiguous where another cluster is nearer than this to its own, 0 to 1.", HelpName = "COSINE" };
    private readonly Option<float?> _minMagnitude = new("--min-magnitude") { Description = "Faces with a smaller magnitude are marked low quality.", HelpName = "LENGTH" };
    private readonly Option<bool> _disabled = new("--no-clustering") { Description = "Store and search, but do not cluster." };

    private readonly Option<int> _maxFaces = new("--max-faces-per-shard")
    {
        Description = "A shard with more faces is split in two by itself, 100 to 100000000 [default: shards are split only by 'shard split'].",
        HelpName = "N",
    };

    private readonly ApproximateSearchOption _approximate = new();

    public CollectionsCreateCommand(CliConsole console)
        : base(
            console, "create", "Creates an empty collection.",
            "collections create holidays", "collections create lobby --shards 8 --threshold 0.5", "collections create airport --approximate ivf-sq8 --probes 64")
    {
        Arguments.Add(_name);
        Options.Add(_model);
        Options.Add(_shards);
        Options.Add(_threshold);
        Options.Add(_margin);
        Options.Add(_minMagnitude);
        Options.Add(_disabled);
        Options.Add(_maxFaces);
        _approximate.AddTo(this);
        Ready(RunAsync, collection: false);
    }

    private async Task<int> RunAsync(Call call)
    {
        var clustering = new ClusteringSettings { Disabled = call.Parse.GetValue(_disabled) };
        if (call.Parse.GetValue(_threshold) is { } threshold)
        {
            clustering.Threshold = threshold;
        }

        if (call.Parse.GetValue(_margin) is { } margin)
        {
            clustering.AmbiguityMargin = margin;
        }

        if (call.Parse.GetValue(_minMagnitude) is { } magnitude)
        {
            clustering.MinMagnitude = magnitude;
        }

        var collection = await call.Connection.Collections.CreateCollectionAsync(
            new CreateCollectionRequest
            {
                CollectionId = call.Parse.GetValue(_name)!,
                Collection = new Collection
                {
                    Settings = new CollectionSettings
                    {
                        ModelId = call.Parse.GetValue(_model),
                        ShardCount = call.Parse.GetValue(_shards),
                        MaxFacesPerShard = call.Parse.GetValue(_maxFaces),
                        Clustering = clustering,
                        ApproximateSearch = _approximate.Read(call.Parse),
                    },
                },
                RequestId = Guid.NewGuid().ToString(),
            },
            deadline: call.Deadline, cancellationToken: call.Cancellation);
        return Print(call, collection, () => Console.Output.WriteLine($"Created the collection '{ResourceNames.Id(collection.Name)}'."));
    }
}
