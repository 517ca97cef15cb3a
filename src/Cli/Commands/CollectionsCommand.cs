using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster collections</c>: faces of different collections are never compared.</summary>
internal sealed class CollectionsCommand : Command
{
    public CollectionsCommand(CliConsole console)
        : base("collections", "Creates, lists, shows and deletes collections. Faces of different collections are never compared.")
    {
        Subcommands.Add(new CollectionsCreateCommand(console));
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new ShowCommand(console));
        Subcommands.Add(new DeleteCommand(console));
    }

    private sealed class ListCommand : ServerCommand
    {
        private readonly Option<int> _limit = Paging.LimitOption();

        public ListCommand(CliConsole console)
            : base(console, "list", "Lists the collections.", "collections list --json")
        {
            Options.Add(_limit);
            Ready(RunAsync, collection: false);
        }

        private async Task<int> RunAsync(Call call)
        {
            var collections = await Paging.CollectAsync<Collection>(call.Parse.GetValue(_limit), async (size, token) =>
            {
                var page = await call.Connection.Collections.ListCollectionsAsync(
                    new ListCollectionsRequest { PageSize = size, PageToken = token }, deadline: call.Deadline, cancellationToken: call.Cancellation);
                return (page.Collections, page.NextPageToken);
            });
            return Print(call, "collections", collections, () =>
            {
                var table = Tables.Create("collection", "model", ">threshold", ">shards", "created");
                foreach (var collection in collections)
                {
                    table.Add(
                        ResourceNames.Id(collection.Name), collection.Settings?.ModelId ?? "", Threshold(collection),
                        $"{collection.Settings?.ShardCount}", Tables.Time(collection.CreateTime));
                }

                Console.Results.Write(table);
            });
        }
    }

    private sealed class ShowCommand : ServerCommand
    {
        private readonly Argument<string> _name = new("name") { Description = "Name of the collection." };

        public ShowCommand(CliConsole console)
            : base(console, "show", "Shows a collection with its settings and counts.", "collections show default")
        {
            Arguments.Add(_name);
            Ready(RunAsync, collection: false);
        }

        private async Task<int> RunAsync(Call call)
        {
            var collection = await call.Connection.Collections.GetCollectionAsync(
                new GetCollectionRequest { Name = ResourceNames.Collection(call.Parse.GetValue(_name)!) },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, collection, () =>
            {
                var table = Tables.Create("collection", ">faces", ">clusters", ">not linked yet", "model", ">threshold", ">shards", "search", "created");
                table.Add(
                    ResourceNames.Id(collection.Name), $"{collection.FaceCount}", $"{collection.ClusterCount}", $"{collection.PendingFaceCount}",
                    collection.Settings?.ModelId ?? "", Threshold(collection), $"{collection.Settings?.ShardCount}", Search(collection), Tables.Time(collection.CreateTime));
                Console.Results.Write(table);
            });
        }
    }

    private sealed class DeleteCommand : ServerCommand
    {
        private readonly Argument<string> _name = new("name") { Description = "Name of the collection." };
        private readonly Option<bool> _force = new("--force") { Description = "Also delete a collection that still holds faces." };

        public DeleteCommand(CliConsole console)
            : base(console, "delete", "Deletes a collection and everything in it.", "collections delete holidays --force")
        {
            Arguments.Add(_name);
            Options.Add(_force);
            Ready(RunAsync, collection: false);
        }

        private async Task<int> RunAsync(Call call)
        {
            var answer = await call.Connection.Collections.DeleteCollectionAsync(
                new DeleteCollectionRequest
                {
                    Name = ResourceNames.Collection(call.Parse.GetValue(_name)!),
                    Force = call.Parse.GetValue(_force),
                    RequestId = Guid.NewGuid().ToString(),
                },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, answer, () => Console.Output.WriteLine("Deleted."));
        }
    }

    private static string Search(Collection collection) => collection.Settings?.ApproximateSearch is { } approximate
        ? $"{ApproximateSearchOption.Name(approximate.Structure)} from {approximate.MinFaces} faces a shard"
        : "exact";

    private static string Threshold(Collection collection) =>
        collection.Settings?.Clustering is { } clustering ? clustering.Disabled ? "off" : Tables.Cosine(clustering.Threshold) : "";
}
