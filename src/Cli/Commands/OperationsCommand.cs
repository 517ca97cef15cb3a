using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster operations</c>: work that goes on after the command that started it.</summary>
internal sealed class OperationsCommand : Command
{
    public OperationsCommand(CliConsole console)
        : base("operations", "Lists, shows and awaits erasures: work that goes on after the command that started it.")
    {
        Subcommands.Add(new ListCommand(console));
        Subcommands.Add(new ShowCommand(console));
        Subcommands.Add(new WaitCommand(console));
    }

    /// <summary>Operations by id, phase, steps and time.</summary>
    internal static Spectre.Console.Table Table(IEnumerable<Operation> operations)
    {
        var table = Tables.Create("operation", "phase", ">steps", "started", "finished", ">erased faces", "remarks");
        foreach (var operation in operations)
        {
            var progress = operation.Progress;
            var receipt = operation.ErasureReceipt;
            table.Add(
                ResourceNames.Id(operation.Name), $"{progress.Phase}".ToLowerInvariant(), $"{progress.StepsDone}/{progress.StepsTotal}",
                Tables.Time(progress.CreateTime), Tables.Time(receipt?.FinishTime), receipt is null ? "" : $"{receipt.ErasedFaces}", progress.LastFailure);
        }

        return table;
    }

    private sealed class ListCommand : ServerCommand
    {
        private readonly Option<int> _limit = Paging.LimitOption();

        public ListCommand(CliConsole console)
            : base(console, "list", "Lists the operations of a collection.", "operations list")
        {
            Options.Add(_limit);
            Ready(async call =>
            {
                var operations = await Paging.CollectAsync<Operation>(call.Parse.GetValue(_limit), async (size, token) =>
                {
                    var page = await call.Connection.Operations.ListOperationsAsync(
                        new ListOperationsRequest { Parent = call.Collection, PageSize = size, PageToken = token },
                        deadline: call.Deadline, cancellationToken: call.Cancellation);
                    return (page.Operations, page.NextPageToken);
                });
                return Print(call, "operations", operations, () => Console.Results.Write(Table(operations)));
            });
        }
    }

    private sealed class ShowCommand : ServerCommand
    {
        private readonly Argument<string> _operation = new("operation") { Description = "Id of the operation." };

        public ShowCommand(CliConsole console)
            : base(console, "show", "Shows an operation, with its receipt when it is done.", "operations show 6f1c0c7e1f6a4b0c9d0e8a7b6c5d4e3f --json")
        {
            Arguments.Add(_operation);
            Ready(async call =>
            {
                var operation = await call.Connection.Operations.GetOperationAsync(
                    new GetOperationRequest { Name = call.Child("operations", call.Parse.GetValue(_operation)!) },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
                return Print(call, operation, () => Console.Results.Write(Table([operation])));
            });
        }
    }

    private sealed class WaitCommand : ServerCommand
    {
        private readonly Argument<string> _operation = new("operation") { Description = "Id of the operation." };

        public WaitCommand(CliConsole console)
            : base(console, "wait", "Waits until an operation is done.", "operations wait 6f1c0c7e1f6a4b0c9d0e8a7b6c5d4e3f")
        {
            Arguments.Add(_operation);
            Ready(async call =>
            {
                var operation = await call.Connection.Operations.GetOperationAsync(
                    new GetOperationRequest { Name = call.Child("operations", call.Parse.GetValue(_operation)!) },
                    deadline: call.Deadline, cancellationToken: call.Cancellation);
                return await ErasureOutcome.PrintAsync(Console, call.Connection, operation, call.Json, call.Cancellation);
            });
        }
    }
}
