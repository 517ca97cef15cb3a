using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster shard</c>: where the shards of a cluster are.</summary>
internal sealed class ShardCommand : Command
{
    public ShardCommand(CliConsole console)
        : base("shard", "Shows on which silos the shards of a collection are, moves and splits them.")
    {
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new MoveCommand(console));
        Subcommands.Add(new SplitCommand(console));
        Subcommands.Add(new SilosCommand(console));
    }

    private static void Print(CliConsole console, IEnumerable<Shard> shards)
    {
        var table = Tables.Create("shard", "silo", ">faces", ">not linked yet", ">epoch", ">MB", "slots", "");
        foreach (var shard in shards)
        {
            table.Add(
                ResourceNames.Id(shard.Name), shard.Silo, $"{shard.FaceCount}", $"{shard.PendingFaceCount}", $"{shard.Epoch}", $"{shard.MemoryBytes / 1e6:0.0}",
                $"{shard.FirstSlot}-{shard.EndSlot - 1}", shard.Splitting ? "is being split" : "");
        }

        console.Results.Write(table);
    }

    private sealed class ListCommand : ServerCommand
    {
        public ListCommand(CliConsole console)
            : base(console, "list", "Lists the shards of a collection with the silo that carries each.", "shard list", "shard list -c holidays --json") => Ready(RunAsync);

        private async Task<int> RunAsync(Call call)
        {
            var answer = await call.Connection.ClusterAdmin.ListShardsAsync(
                new ListShardsRequest { Parent = call.Collection }, deadline: call.Deadline, cancellationToken: call.Cancellation);
            Print(call, answer, () => ShardCommand.Print(Console, answer.Shards));
            if (answer.Unreachable.Count > 0)
            {
                Console.Note($"not reachable: {string.Join(", ", answer.Unreachable)}");
                return ExitCode.Of(Grpc.Core.StatusCode.Unavailable);
            }

            return ExitCode.Success;
        }
    }

    private sealed class SilosCommand : ServerCommand
    {
        public SilosCommand(CliConsole console)
            : base(console, "silos", "Lists the silos that are alive.", "shard silos") => Ready(RunAsync, collection: false);

        private async Task<int> RunAsync(Call call)
        {
            var answer = await call.Connection.ClusterAdmin.ListSilosAsync(
                new ListSilosRequest(), deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, answer, () =>
            {
                var table = Tables.Create("silo", "address");
                foreach (var silo in answer.Silos)
                {
                    table.Add(silo.Name, silo.Address);
                }

                Console.Results.Write(table);
            });
        }
    }

    private sealed class SplitCommand : ServerCommand
    {
        private readonly Argument<int> _shard = new("shard") { Description = "Number of the shard." };

        public SplitCommand(CliConsole console)
            : base(
                console, "split", "Splits a shard in two of about as many faces each, while ingest and search go on; prints the two.",
                "shard split 3", "shard split 3 -c holidays --json")
        {
            Arguments.Add(_shard);
            Ready(RunAsync);
        }

        private async Task<int> RunAsync(Call call)
        {
            var answer = await call.Connection.ClusterAdmin.SplitShardAsync(
                new SplitShardRequest { Name = $"{call.Collection}/shards/{call.Parse.GetValue(_shard)}" },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, answer, () => ShardCommand.Print(Console, answer.Shards));
        }
    }

    private sealed class MoveCommand : ServerCommand
    {
        private readonly Argument<int> _shard = new("shard") { Description = "Number of the shard." };
        private readonly Option<string> _to = new("--to") { Description = "Name or address of the silo.", HelpName = "SILO", Required = true };

        public MoveCommand(CliConsole console)
            : base(console, "move", "Moves a shard to another silo; calls to it wait meanwhile.", "shard move 3 --to silo-b")
        {
            Arguments.Add(_shard);
            Options.Add(_to);
            Ready(RunAsync);
        }

        private async Task<int> RunAsync(Call call)
        {
            var shard = await call.Connection.ClusterAdmin.MoveShardAsync(
                new MoveShardRequest { Name = $"{call.Collection}/shards/{call.Parse.GetValue(_shard)}", Silo = call.Parse.GetValue(_to) },
                deadline: call.Deadline, cancellationToken: call.Cancellation);
            return Print(call, shard, () => ShardCommand.Print(Console, [shard]));
        }
    }
}
