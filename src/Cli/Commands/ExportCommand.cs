using System.CommandLine;
using FaceCluster.Cli.Backups;
using FaceCluster.Cli.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster export</c> and <c>import</c>: whole collections as Parquet and JSON.</summary>
internal static class ExportCommand
{
    private static readonly CollectionFolder Format = new(FolderManifest.Export, new ParquetBlockFiles());

    public static Command Export(CliConsole console) => new FolderCommands.Create(
        console, Format, "export", "Writes a collection into a new folder: items, faces and embeddings as Parquet, settings and identities as JSON.",
        "export /tmp/faces --collection default");

    public static Command Import(CliConsole console) => new FolderCommands.Restore(
        console, Format, "import", "Puts an export into a new collection, of this or another server.", "import /tmp/faces --collection copy");
}
