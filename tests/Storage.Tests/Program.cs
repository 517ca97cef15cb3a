using FaceCluster.Storage.Tests.Recovery;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace FaceCluster.Storage.Tests;

/// <summary>Runs the tests, or the writer that one of them kills.</summary>
internal static class Program
{
    private static Task<int> Main(string[] args) => args switch
    {
        [WriterProcess.Command, var path] => WriterProcess.RunAsync(path),
        _ when args.Any(arg => arg is "--server" or "--internal-msbuild-node") =>
            TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => ConsoleRunner.Run(args),
    };
}
