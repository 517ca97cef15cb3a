using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Output;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.Cli.Backups;

/// <summary>A collection in a folder: settings and identities as JSON, items and faces as the format has them, and the manifest.</summary>
internal sealed class CollectionFolder(string kind, IBlockFiles blocks)
{
    /// <summary>The header of the backup: name, settings, positions of the shards.</summary>
    public const string HeaderName = "collection.json";

    // A split of a shard in the middle of a backup is rare; several in a row are a collection that grows fast.
    private const int Attempts = 10;

    /// <summary>Binary blocks that keep everything as it is.</summary>
    public static CollectionFolder Backup { get; } = new(FolderManifest.Backup, new BinaryBlockFiles());

    /// <summary>Reads a collection from the server into a new folder, which appears when it is whole.</summary>
    public async Task<FolderManifest> CreateAsync(
        ServerConnection connection, string collection, string folder, IProgress<long> progress, CancellationToken cancellation)
    {
        if (Directory.Exists(folder) || File.Exists(folder))
        {
            throw new CliException($"'{folder}' exists already; name a new folder.", ExitCode.Refused);
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await CreateOnceAsync(connection, collection, folder, progress, cancellation);
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Aborted && attempt < Attempts)
            {
                // A shard was split meanwhile; the folder was removed again.
            }
        }
    }

    private async Task<FolderManifest> CreateOnceAsync(
        ServerConnection connection, string collection, string folder, IProgress<long> progress, CancellationToken cancellation)
    {
        var partial = folder.TrimEnd(Path.DirectorySeparatorChar) + ".partial";
        if (Directory.Exists(partial))
        {
            // What an interrupted call left.
            Directory.Delete(partial, recursive: true);
        }

        CreatePrivately(partial);
        try
        {
            var manifest = await FillAsync(connection, collection, partial, progress, cancellation);
            Directory.Move(partial, folder);
            return manifest;
        }
        catch
        {
            Directory.Delete(partial, recursive: true);
            throw;
        }
    }

    /// <summary>Checks the files against the manifest, every block, and the counts.</summary>
    public async Task<FolderManifest> VerifyAsync(string folder, IProgress<long> progress, CancellationToken cancellation)
    {
        var manifest = await ManifestAsync(folder, cancellation);
        var header = await HeaderAsync(folder, cancellation);
        var counts = new BackupTrailer { Identities = (await IdentityFile.ReadAsync(folder, cancellation)).Count };
        var rowBytes = header.Collection.Settings.Dimension * sizeof(float);
        var faces = new HashSet<ByteString>();
        await foreach (var block in blocks.ReadAsync(folder, header.Collection.Settings.Dimension, cancellation))
        {
            var before = counts.Faces;
            Count(counts, block);
            if (block.Embeddings.Length != (counts.Faces - before) * rowBytes)
            {
                throw new InvalidDataException($"A block of camera '{block.Camera}' has {block.Embeddings.Length} bytes of embeddings for {counts.Faces - before} faces.");
            }

            foreach (var face in block.Items.SelectMany(static item => item.Faces))
            {
                if (!faces.Add(face.Id))
                {
                    throw new InvalidDataException($"The face {Convert.ToHexStringLower(face.Id.Span)} occurs twice.");
                }
            }

            progress.Report(counts.Faces);
        }

        return counts.Equals(Trailer(manifest))
            ? manifest
            : throw new InvalidDataException($"'{folder}' does not hold as many items, faces or identities as its manifest says.");
    }

    /// <summary>Puts the folder into a new collection of the server.</summary>
    public async Task<RestoreBackupResponse> RestoreAsync(
        ServerConnection connection, string folder, string collectionId, IProgress<long> progress, CancellationToken cancellation)
    {
        var manifest = await ManifestAsync(folder, cancellation);
        var header = await HeaderAsync(folder, cancellation);
        using var call = connection.Backups.RestoreBackup(cancellationToken: cancellation);
        try
        {
            await call.RequestStream.WriteAsync(
                new RestoreBackupRequest { CollectionId = collectionId, Part = new BackupPart { Header = header } }, cancellation);
            var sent = 0L;
            await foreach (var block in blocks.ReadAsync(folder, header.Collection.Settings.Dimension, cancellation))
            {
                await SendAsync(new BackupPart { Block = block });
                sent += block.Items.Sum(static item => item.Faces.Count);
                progress.Report(sent);
            }

            foreach (var identity in await IdentityFile.ReadAsync(folder, cancellation))
            {
                await SendAsync(new BackupPart { Identity = identity });
            }

            await SendAsync(new BackupPart { Trailer = Trailer(manifest) });
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            // The server has ended the call; its answer says why.
        }

        return await call.ResponseAsync;

        Task SendAsync(BackupPart part) => call.RequestStream.WriteAsync(new RestoreBackupRequest { Part = part }, cancellation);
    }

    private async Task<FolderManifest> FillAsync(
        ServerConnection connection, string collection, string folder, IProgress<long> progress, CancellationToken cancellation)
    {
        using var call = connection.Backups.ReadBackup(new ReadBackupRequest { Name = collection }, cancellationToken: cancellation);
        var parts = call.ResponseStream;
        if (!await parts.MoveNext(cancellation) || parts.Current.Header is not { } header)
        {
            throw new CliException("the server sent no header.");
        }

        await using var writer = await blocks.CreateAsync(folder, header.Collection.Settings.Dimension);
        var counts = new BackupTrailer();
        var identities = new List<BackupIdentity>();
        BackupTrailer? trailer = null;
        while (await parts.MoveNext(cancellation))
        {
            switch (parts.Current.PartCase)
            {
                case BackupPart.PartOneofCase.Block:
                    await writer.WriteAsync(parts.Current.Block);
                    Count(counts, parts.Current.Block);
                    progress.Report(counts.Faces);
                    break;
                case BackupPart.PartOneofCase.Identity:
                    identities.Add(parts.Current.Identity);
                    counts.Identities++;
                    break;
                case BackupPart.PartOneofCase.Trailer:
                    trailer = parts.Current.Trailer;
                    break;
            }
        }

        if (!counts.Equals(trailer))
        {
            throw new CliException("the stream ended before it was whole; repeat the command.");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, HeaderName), JsonText.Message(header) + "\n", cancellation);
        await IdentityFile.WriteAsync(folder, identities, cancellation);
        string[] names = [HeaderName, IdentityFile.FileName, .. await writer.CompleteAsync()];
        var files = new List<ManifestFile>();
        foreach (var name in names)
        {
            files.Add(await FolderManifest.DescribeAsync(folder, name, cancellation));
        }

        var manifest = new FolderManifest
        {
            Kind = kind,
            Format = FolderManifest.CurrentFormat,
            Collection = header.Collection.Name,
            Revision = header.Revision,
            Created = header.CreateTime.ToDateTimeOffset(),
            Items = counts.Items,
            Faces = counts.Faces,
            DeletedFaces = counts.DeletedFaces,
            Identities = counts.Identities,
            Files = files,
        };
        await manifest.WriteAsync(folder, cancellation);
        return manifest;
    }

    private async Task<FolderManifest> ManifestAsync(string folder, CancellationToken cancellation)
    {
        var manifest = await FolderManifest.ReadAsync(folder, cancellation);
        if (manifest.Kind != kind)
        {
            throw new CliException($"'{folder}' is of the kind '{manifest.Kind}', not '{kind}'.", ExitCode.Refused);
        }

        await manifest.CheckFilesAsync(folder, cancellation);
        return manifest;
    }

    private static async Task<BackupHeader> HeaderAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            var parser = new JsonParser(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));
            var header = parser.Parse<BackupHeader>(await File.ReadAllTextAsync(Path.Combine(folder, HeaderName), cancellation));
            return header.Collection?.Settings is { Dimension: > 0 } ? header : throw new InvalidDataException($"{HeaderName} lacks the settings.");
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new InvalidDataException($"{HeaderName} is damaged: {error.Message}", error);
        }
    }

    private static BackupTrailer Trailer(FolderManifest manifest) => new()
    {
        Items = manifest.Items,
        Faces = manifest.Faces,
        DeletedFaces = manifest.DeletedFaces,
        Identities = manifest.Identities,
    };

    private static void Count(BackupTrailer counts, BackupBlock block)
    {
        counts.Items += block.Items.Count;
        foreach (var item in block.Items)
        {
            var deleted = item.Faces.Count(static face => face.Deleted);
            counts.DeletedFaces += deleted;
            counts.Faces += item.Faces.Count - deleted;
        }
    }

    private static void CreatePrivately(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            // Faces of people: for the owner's eyes only.
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
