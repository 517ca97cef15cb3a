using System.Text.Json;
using FaceCluster.Cli;
using FaceCluster.Cli.CommandLine;
using FaceCluster.Testing.Pictures;
using FaceCluster.Trainer.Tests.Commands;
using FaceCluster.Trainer.Tests.Support;
using FaceCluster.V1;
using FaceCluster.Vision.Models;
using Google.Protobuf;
using Grpc.Net.Client;
using Xunit;

namespace FaceCluster.Trainer.Tests.EndToEnd;

/// <summary>The way of docs/training.md, on drawn pictures: photographs, a set, a trained network, a model, a server.</summary>
public sealed class FiveCommandsTests
{
    private static readonly string[] People = ["Ann", "Ben", "Cleo", "Dan", "Eve", "Fay"];

    [Fact]
    public async Task Pack_Fit_Export_Eval_Serve_FromAFolderOfPictures()
    {
        DataCommandTests.SkipWithoutModels();
        using var faces = new SyntheticFaces();
        foreach (var person in People)
        {
            faces.Add(person, 8, size: 160);
        }

        var (set, run, model) = (faces.File("set"), faces.File("run"), faces.File("trained.onnx"));
        var packed = await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--output", set, "--faces", "whole");
        Assert.Equal(48, packed.GetProperty("faces").GetInt32());

        File.WriteAllText(faces.File("config.json"), $$"""
            {
              "output": {{JsonSerializer.Serialize(run)}},
              "data": { "path": {{JsonSerializer.Serialize(set)}}, "threads": 1 },
              "model": { "backbone": "tiny", "embeddingSize": 32 },
              "head": { "kind": "magface" },
              "optimiser": { "rate": 0.01 },
              "run": { "steps": 6, "batchSize": 8 }
            }
            """);
        var (code, output, error) = await TrainerProcess.RunAsync("fit", faces.File("config.json"));
        Assert.True(code == 0, output + error);

        var exported = await TrainerProcess.JsonAsync("export", "--checkpoint", Path.Combine(run, "last.fct"), "--output", model);
        Assert.InRange(exported.GetProperty("difference").GetDouble(), 0, 1e-4);
        Assert.Equal(32, ModelManifest.Find(model).Dimension);

        var result = await TrainerProcess.JsonAsync("eval", "--model", model, "--images", set);
        Assert.Equal(48, result.GetProperty("faces").GetInt32());
        Assert.Equal(6, result.GetProperty("identities").GetInt32());

        await ServeAsync(model, faces.File("data"));
    }

    /// <summary>A server reads pictures with the model and stores what it sees.</summary>
    private static async Task ServeAsync(string model, string data)
    {
        using var stop = new CancellationTokenSource();
        using var output = new AddressWriter();
        using var error = new StringWriter();
        var serving = FaceClusterCommandLine.RunAsync(
            ["serve", "--model", model, "--data", data, "--port", "0", "--no-http"], new CliConsole(output, TextWriter.Synchronized(error), showsProgress: false), stop.Token);
        await Task.WhenAny(serving, output.Address);
        Assert.False(serving.IsCompleted, error.ToString());
        try
        {
            await IngestAsync(await output.Address);
        }
        finally
        {
            await stop.CancelAsync();
            await serving;
        }
    }

    private static async Task IngestAsync(Uri address)
    {
        using var channel = GrpcChannel.ForAddress(address);
        var ingest = new IngestService.IngestServiceClient(channel);
        var items = Enumerable.Range(0, 4).Select(i => new IngestItem
        {
            Sequence = i,
            AlignedCrop = ByteString.CopyFrom(SyntheticFaces.Png(People[i % 2], (i / 2) + 20)),
        });
        var answer = await ingest.BatchCreateFacesAsync(new BatchCreateFacesRequest { Parent = "collections/default", Camera = "door", Items = { items } });
        Assert.All(answer.Acknowledgements, item => Assert.Null(item.Error));
        Assert.All(answer.Acknowledgements, item => Assert.Single(item.Faces));
        var status = await new ServerService.ServerServiceClient(channel).GetServerInfoAsync(new GetServerInfoRequest());
        Assert.Contains("trained-", status.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Waits for the line that tells where the server listens.</summary>
    private sealed class AddressWriter : StringWriter
    {
        private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Uri> Address => _address.Task;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith("gRPC", StringComparison.Ordinal) == true)
            {
                _address.TrySetResult(new Uri(value[4..].Trim()));
            }
        }
    }
}
