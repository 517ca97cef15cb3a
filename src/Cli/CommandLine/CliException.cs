namespace FaceCluster.Cli.CommandLine;

/// <summary>A failure that is the user's to mend: its message is printed as it is, without a stack trace.</summary>
/// <param name="message">One sentence that says what is wrong and what to do.</param>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="inner">What caused it, for logs.</param>
public sealed class CliException(string message, int exitCode = ExitCode.Failure, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What the process ends with.</summary>
    public int ExitCode { get; } = exitCode;
}
