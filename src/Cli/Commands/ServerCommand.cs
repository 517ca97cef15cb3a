using System.CommandLine;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using Google.Protobuf;

namespace FaceCluster.Cli.Commands;

/// <summary>A command that asks the server and prints the answer.</summary>
internal abstract class ServerCommand : CliCommand
{
    protected ServerCommand(CliConsole console, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples)
    {
        Console = console;
        Server = new ServerOptions();
    }

    protected CliConsole Console { get; }

    protected ServerOptions Server { get; }

    /// <summary>Adds the server's options after the command's own and sets the body.</summary>
    protected void Ready(Func<Call, Task<int>> body, bool collection = true)
    {
        Server.AddTo(this, collection);
        Run(Console, async (parse, cancellation) =>
        {
            using var connection = Server.Connect(parse);
            return await body(new Call(
                parse, connection, collection ? Server.CollectionName(parse) : string.Empty, Server.IsJson(parse), cancellation));
        });
    }

    /// <summary>Prints a message as JSON, or whatever <paramref name="text"/> writes.</summary>
    protected int Print(Call call, IMessage message, Action text)
    {
        if (call.Json)
        {
            Console.Output.WriteLine(JsonText.Message(message));
        }
        else
        {
            text();
        }

        return ExitCode.Success;
    }

    /// <summary>Prints listed messages as JSON, or whatever <paramref name="text"/> writes.</summary>
    protected int Print<T>(Call call, string name, IReadOnlyCollection<T> messages, Action text)
        where T : IMessage
    {
        if (call.Json)
        {
            Console.Output.WriteLine(JsonText.List(name, messages.Cast<IMessage>()));
        }
        else
        {
            text();
        }

        return ExitCode.Success;
    }

    /// <summary>One invocation.</summary>
    /// <param name="Parse">The command line.</param>
    /// <param name="Connection">The server.</param>
    /// <param name="Collection"><c>collections/NAME</c>; empty where the command has none.</param>
    /// <param name="Json">Whether one JSON object is wanted.</param>
    /// <param name="Cancellation">Ctrl-C.</param>
    protected sealed record Call(
        ParseResult Parse, ServerConnection Connection, string Collection, bool Json, CancellationToken Cancellation)
    {
        /// <summary>When the next answer is due.</summary>
        public DateTime Deadline => Connection.Deadline;

        /// <summary>The full name of a child of the collection.</summary>
        public string Child(string kind, string value) => ResourceNames.Child(Collection, kind, value);
    }
}
