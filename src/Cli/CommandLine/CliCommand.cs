using System.CommandLine;
using FaceCluster.Cli.Remote;
using Grpc.Core;

namespace FaceCluster.Cli.CommandLine;

/// <summary>A command with examples in its help, whose failures become one sentence and an exit code.</summary>
internal class CliCommand : Command
{
    /// <summary>Creates the command.</summary>
    /// <param name="name">What is typed.</param>
    /// <param name="description">One or two sentences.</param>
    /// <param name="examples">Command lines that work, each without the leading <c>facecluster</c>.</param>
    public CliCommand(string name, string description, params IReadOnlyList<string> examples)
        : base(name, description) => Examples = examples;

    /// <summary>Command lines that work, each without the leading <c>facecluster</c>.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Sets what the command does. Exceptions are turned into a sentence and an exit code.</summary>
    protected void Run(CliConsole console, Func<ParseResult, CancellationToken, Task<int>> body) =>
        SetAction(async (parse, cancellation) =>
        {
            try
            {
                return await body(parse, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                console.Note("Interrupted.");
                return ExitCode.Interrupted;
            }
            catch (CliException failure)
            {
                console.Note($"error: {failure.Message}");
                return failure.ExitCode;
            }
            catch (RpcException failure)
            {
                if (cancellation.IsCancellationRequested && failure.StatusCode == StatusCode.Cancelled)
                {
                    console.Note("Interrupted.");
                    return ExitCode.Interrupted;
                }

                console.Note($"error: {RpcErrorText.Describe(failure)}");
                return ExitCode.Of(failure.StatusCode);
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                console.Note($"error: {failure.Message}");
                return failure is FileNotFoundException or DirectoryNotFoundException ? ExitCode.NotFound : ExitCode.Refused;
            }
        });
}
