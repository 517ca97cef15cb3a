using System.CommandLine;
using FaceCluster.Cli.Backups;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Commands;

/// <summary><c>facecluster backup</c>: copies of whole collections.</summary>
internal sealed class BackupCommand : Command
{
    public BackupCommand(CliConsole console)
        : base("backup", "Copies a collection into a folder while ingest goes on, checks such a folder, and restores it.")
    {
        Subcommands.Add(new FolderCommands.Create(console, CollectionFolder.Backup, "create", "Copies a collection, as of one revision, into a new folder.", "backup create /backups/monday"));
        Subcommands.Add(new FolderCommands.Verify(console, CollectionFolder.Backup, "Checks every file and block of a backup.", "backup verify /backups/monday"));
        Subcommands.Add(new FolderCommands.Restore(console, CollectionFolder.Backup, "restore", "Puts a backup into a new collection, of this or another server.", "backup restore /backups/monday --collection restored"));
    }
}

/// <summary>What backups and exports have in common.</summary>
internal static class FolderCommands
{
    private static Argument<string> FolderArgument() => new("folder") { Description = "The folder." };

    private static void Print(CliConsole console, bool json, FolderManifest manifest, string folder, string done)
    {
        if (json)
        {
            console.Output.WriteLine(JsonText.Record(manifest));
            return;
        }

        console.Output.WriteLine(
            $"{done} {folder}: {manifest.Items} items, {manifest.Faces} faces, {manifest.Identities} identities, {manifest.Files.Sum(static file => file.Bytes)} bytes in {manifest.Files.Count} files.");
    }

    /// <summary>From the server into a folder.</summary>
    internal sealed class Create : ServerCommand
    {
        private readonly Argument<string> _folder = FolderArgument();

        public Create(CliConsole console, CollectionFolder format, string name, string description, string example)
            : base(console, name, description, example)
        {
            Arguments.Add(_folder);
            Ready(async call =>
            {
                var folder = call.Parse.GetValue(_folder)!;
                var collection = await call.Connection.Collections.GetCollectionAsync(
                    new GetCollectionRequest { Name = call.Collection }, deadline: call.Deadline, cancellationToken: call.Cancellation);
                var manifest = await ProgressBar.RunAsync(Console, "Reading faces", collection.FaceCount, progress =>
                    format.CreateAsync(call.Connection, call.Collection, folder, progress, call.Cancellation));
                FolderCommands.Print(Console, call.Json, manifest, folder, "Wrote");
                return ExitCode.Success;
            });
        }
    }

    /// <summary>Needs no server.</summary>
    internal sealed class Verify : CliCommand
    {
        public Verify(CliConsole console, CollectionFolder format, string description, string example)
            : base("verify", description, example)
        {
            var folder = FolderArgument();
            var json = new Option<bool>("--json") { Description = "Print one JSON object." };
            Arguments.Add(folder);
            Options.Add(json);
            Run(console, async (parse, cancellation) =>
            {
                var path = parse.GetValue(folder)!;
                var known = await FolderManifest.ReadAsync(path, cancellation);
                var manifest = await ProgressBar.RunAsync(console, "Checking faces", known.Faces, progress => format.VerifyAsync(path, progress, cancellation));
                FolderCommands.Print(console, parse.GetValue(json), manifest, path, "Sound");
                return ExitCode.Success;
            });
        }
    }

    /// <summary>From a folder into a new collection.</summary>
    internal sealed class Restore : ServerCommand
    {
        private readonly Argument<string> _folder = FolderArgument();

        public Restore(CliConsole console, CollectionFolder format, string name, string description, string example)
            : base(console, name, description, example)
        {
            Arguments.Add(_folder);
            Ready(async call =>
            {
                var folder = call.Parse.GetValue(_folder)!;
                var known = await FolderManifest.ReadAsync(folder, call.Cancellation);
                var answer = await ProgressBar.RunAsync(Console, "Writing faces", known.Faces + known.DeletedFaces, progress =>
                    format.RestoreAsync(call.Connection, folder, ResourceNames.Id(call.Collection), progress, call.Cancellation));
                return Print(call, answer, () =>
                {
                    Console.Output.WriteLine($"Restored {answer.Items} items, {answer.Faces} faces and {answer.Identities} identities into '{ResourceNames.Id(answer.Collection.Name)}'.");
                    Console.Note("The faces are searchable now and find their clusters in the background.");
                });
            });
        }
    }
}
