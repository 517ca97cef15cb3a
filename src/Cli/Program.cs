using FaceCluster.Cli;
using FaceCluster.Cli.CommandLine;

return await FaceClusterCommandLine.RunAsync(args, CliConsole.Standard);
