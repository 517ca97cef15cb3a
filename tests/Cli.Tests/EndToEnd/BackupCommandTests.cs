using System.Runtime.InteropServices;
using FaceCluster.Cli.Backups;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Remote;
using FaceCluster.Cli.Tests.Infrastructure;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Cli.Tests.EndToEnd;

public sealed class BackupCommandTests
{
    [Theory]
    [InlineData("backup create", "backup restore", "blocks-00001.binpb")]
    [InlineData("export", "import", "faces.parquet")]
    public async Task Collection_written_to_a_folder_comes_back_bit_by_bit_and_damage_is_named(string write, string read, string file)
    {
        await using var server = await LocalServer.StartAsync(inference: false);
        using var folder = new TemporaryFolder();
        await FillAsync(server);
        var (first, second) = (Path.Combine(folder.Path, "first"), Path.Combine(folder.Path, "second"));

        var written = await server.RunAsync([.. write.Split(' '), first, "--json"]);
        Assert.Equal((ExitCode.Success, ""), (written.ExitCode, written.Error));
        Assert.Equal((90, 89, 1, 1), (Number(written, "items"), Number(written, "faces"), Number(written, "deleted_faces"), Number(written, "identities")));
        Assert.Equal(ExitCode.Refused, (await server.RunAsync([.. write.Split(' '), first])).ExitCode);

        var restored = await server.RunAsync([.. read.Split(' '), first, "--collection", "copy", "--json"]);
        Assert.Equal((ExitCode.Success, 89), (restored.ExitCode, Number(restored, "faces")));
        Assert.Equal("Ada Lovelace", (await server.RunAsync("identity", "show", "ada", "-c", "copy", "--json")).Json["display_name"]!.GetValue<string>());

        // Written again, the copy holds the same bytes, whatever the collection is called.
        await server.RunAsync([.. write.Split(' '), second, "--collection", "copy"]);
        IBlockFiles files = write == "export" ? new ParquetBlockFiles() : new BinaryBlockFiles();
        var items = await ItemsAsync(files, first);
        Assert.Equal(90, items.Count);
        Assert.Equal(items, await ItemsAsync(files, second));
        Assert.Equal(File.ReadAllBytes(Path.Combine(first, "identities.json")), File.ReadAllBytes(Path.Combine(second, "identities.json")));

        var damaged = Path.Combine(first, file);
        var bytes = File.ReadAllBytes(damaged);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        var refused = await server.RunAsync([.. read.Split(' '), first, "--collection", "third"]);
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains(file, refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await server.RunAsync("collections", "show", "third")).ExitCode);
    }

    [Fact]
    public async Task Verify_tells_a_sound_backup_from_a_damaged_one_without_a_server()
    {
        await using var server = await LocalServer.StartAsync(inference: false);
        using var folder = new TemporaryFolder();
        await FillAsync(server);
        var path = Path.Combine(folder.Path, "backup");
        await server.RunAsync("backup", "create", path);

        var sound = await Infrastructure.Cli.RunAsync("backup", "verify", path, "--json");
        Assert.Equal((ExitCode.Success, 89), (sound.ExitCode, Number(sound, "faces")));
        File.Delete(Path.Combine(path, "identities.json"));
        var damaged = await Infrastructure.Cli.RunAsync("backup", "verify", path);
        Assert.Equal(ExitCode.Refused, damaged.ExitCode);
        Assert.Contains("identities.json", damaged.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await Infrastructure.Cli.RunAsync("backup", "verify", folder.Path)).ExitCode);
    }

    [Fact]
    public async Task Erase_prints_a_receipt_and_needs_a_yes()
    {
        await using var server = await LocalServer.StartAsync(inference: false);
        var faces = await FillAsync(server);
        Assert.Equal(ExitCode.Usage, (await server.RunAsync("faces", "erase", faces[1])).ExitCode);
        var receipt = await server.RunAsync("faces", "erase", faces[1], faces[2], "--yes", "--json");
        Assert.Equal((ExitCode.Success, 2), (receipt.ExitCode, Number(receipt, "erased_faces")));
        receipt = await server.RunAsync("identity", "erase", "ada", "--yes");
        Assert.Equal(ExitCode.Success, receipt.ExitCode);
        Assert.Contains("Erased 4 of 4 faces and 1 identities", receipt.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await server.RunAsync("operations", "list", "--json")).Json["operations"]!.AsArray().Count);
    }

    private static int Number(CliResult result, string name) => result.Json[name]!.GetValue<int>();

    /// <summary>Every item with its faces and embeddings as text, by camera and sequence.</summary>
    private static async Task<SortedDictionary<string, string>> ItemsAsync(IBlockFiles files, string folder)
    {
        var items = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var block in files.ReadAsync(folder, 512, TestContext.Current.CancellationToken))
        {
            var offset = 0;
            foreach (var item in block.Items)
            {
                var bytes = item.Faces.Count(face => !face.Deleted) * 2048;
                items.Add($"{block.Camera}/{item.Sequence:D9}", $"{item} {Convert.ToHexString(block.Embeddings.Span.Slice(offset, bytes))}");
                offset += bytes;
            }

            Assert.Equal(block.Embeddings.Length, offset);
        }

        return items;
    }

    /// <summary>90 items of 9 cameras, one face each; one is deleted, four are somebody's.</summary>
    private static async Task<List<string>> FillAsync(LocalServer server)
    {
        using var connection = new ServerConnection(new Uri(server.Address), null, TimeSpan.FromMinutes(5));
        var random = new Random(7);
        var names = new List<string>();
        for (var camera = 0; camera < 9; camera++)
        {
            var request = new BatchCreateFacesRequest { Parent = "collections/default", Camera = $"camera {camera}" };
            for (var i = 0; i < 10; i++)
            {
                var values = Enumerable.Range(0, 512).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
                request.Items.Add(new IngestItem
                {
                    Sequence = i * 2,
                    TrackId = i % 3 == 0 ? "track" : "",
                    Embedding = new Embedding { ModelId = "test-model", Values = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())) },
                });
            }

            var answer = await connection.Ingest.BatchCreateFacesAsync(request, cancellationToken: TestContext.Current.CancellationToken);
            names.AddRange(answer.Acknowledgements.Select(item => item.Faces[0].Name));
        }

        await connection.Identities.CreateIdentityAsync(
            new CreateIdentityRequest
            {
                Parent = "collections/default",
                IdentityId = "ada",
                Identity = new Identity { DisplayName = "Ada Lovelace" },
                Faces = { names.TakeLast(4) },
            },
            cancellationToken: TestContext.Current.CancellationToken);
        await connection.Faces.DeleteFaceAsync(new DeleteFaceRequest { Name = names[0] }, cancellationToken: TestContext.Current.CancellationToken);
        return names;
    }
}
