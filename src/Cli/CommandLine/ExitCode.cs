using Grpc.Core;

namespace FaceCluster.Cli.CommandLine;

/// <summary>The exit codes of <c>facecluster</c>; documented in docs/getting-started.md and never renumbered.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>Something failed that the other codes do not name.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>No server answers, or not in time.</summary>
    public const int Unreachable = 3;

    /// <summary>The input was refused: a file that cannot be read, a field out of range, a name that is taken.</summary>
    public const int Refused = 4;

    /// <summary>What was asked for does not exist.</summary>
    public const int NotFound = 5;

    /// <summary>The API key is missing, unknown, or lacks the scope.</summary>
    public const int NotPermitted = 6;

    /// <summary>The work is done, but some items were refused; the summary says how many and why.</summary>
    public const int Partial = 7;

    /// <summary>Interrupted (Ctrl-C).</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code that stands for a gRPC status.</summary>
    public static int Of(StatusCode status) => status switch
    {
        StatusCode.OK => Success,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => Unreachable,
        StatusCode.NotFound => NotFound,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => NotPermitted,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists
            or StatusCode.OutOfRange or StatusCode.ResourceExhausted => Refused,
        StatusCode.Cancelled => Interrupted,
        _ => Failure,
    };
}
