using System.Diagnostics;
using System.Text.Json;
using FaceCluster.Testing.Pictures;
using FaceCluster.Trainer.Tests.Support;
using FaceCluster.Training.Checkpoints;
using Xunit;

namespace FaceCluster.Trainer.Tests.Commands;

public sealed class FitCommandTests : IDisposable
{
    private readonly SyntheticFaces _faces = new();

    public FitCommandTests() => _faces.Add("Ann", 6, folders: true).Add("Ben", 6, folders: true).Add("Cleo", 6, folders: true);

    public void Dispose() => _faces.Dispose();

    [Fact]
    public async Task Fit_OnCtrlC_SavesEndsWith130AndGoesOnFromThere()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are sent as Unix has them.");
        var config = Config(steps: 1_000_000);
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "facecluster-train.dll"), "fit", config },
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var seen = new List<string>();
        while (await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            seen.Add(line);
            if (line.Contains(" img/s ", StringComparison.Ordinal))
            {
                break;
            }
        }

        using var signal = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        var rest = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 130, string.Join('\n', seen) + await rest);
        Assert.Contains("--resume goes on", output, StringComparison.Ordinal);
        var step = CheckpointFile.ReadHeader(_faces.File("run/last.fct")).Step;
        Assert.InRange(step, 1, 999_999);

        // What is there is not written over by mistake, and goes on where it stood.
        var (code, _, error) = await TrainerProcess.RunAsync("fit", config);
        Assert.Equal(1, code);
        Assert.Contains("--resume goes on with it", error, StringComparison.Ordinal);
        (code, output, error) = await TrainerProcess.RunAsync("fit", Config(steps: step + 2), "--resume");
        Assert.True(code == 0, error);
        Assert.Contains($"{step + 2} steps", output, StringComparison.Ordinal);
        Assert.True(File.Exists(_faces.File("run/report.html")));
    }

    [Theory]
    [InlineData("non-112", "96x96 pixels; training takes aligned faces of 112x112")]
    [InlineData("corrupt picture", "Ben/0002.png")]
    [InlineData("one person", "at least 2")]
    [InlineData("faces by twos", "classes have two faces or more")]
    [InlineData("no data", "data is missing")]
    [InlineData("unknown field", "brightness")]
    [InlineData("no file", "cannot be read")]
    public async Task Fit_WithWhatCannotBeUsed_SaysWhatAndWritesNoCheckpoint(string what, string expected)
    {
        var config = Config(steps: 4);
        switch (what)
        {
            case "non-112":
                _faces.Add("Dan", 6, folders: true, size: 96);
                break;
            case "corrupt picture":
                File.WriteAllBytes(_faces.File("Ben/0002.png"), SyntheticFaces.Png("Ben", 2)[..300]);
                break;
            case "one person":
                Directory.Delete(_faces.File("Ben"), recursive: true);
                Directory.Delete(_faces.File("Cleo"), recursive: true);
                _faces.Add("Ann", 12, folders: true);
                break;
            case "faces by twos":
                foreach (var person in (string[])["Ben", "Cleo"])
                {
                    Directory.Delete(_faces.File(person), recursive: true);
                    _faces.Add(person, 1, folders: true);
                }

                config = Config(steps: 4, ", \"sampler\": \"groups\", \"facesPerClass\": 2");
                break;
            case "no data":
                File.WriteAllText(config, $$"""{ "output": {{JsonSerializer.Serialize(_faces.File("run"))}} }""");
                break;
            case "unknown field":
                config = Config(steps: 4, ", \"brightness\": 1");
                break;
            default:
                config = _faces.File("nowhere.json");
                break;
        }

        var (code, _, error) = await TrainerProcess.RunAsync("fit", config);

        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_faces.File("run/last.fct")));
    }

    [Fact]
    public async Task Fit_WithTheCheckpointOfAnotherBackbone_IsRefusedAndLeavesIt()
    {
        var config = Config(steps: 2);
        Assert.Equal(0, (await TrainerProcess.RunAsync("fit", config)).Code);
        var before = File.ReadAllBytes(_faces.File("run/last.fct"));
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"embeddingSize\": 16", "\"embeddingSize\": 32", StringComparison.Ordinal));

        var (code, _, error) = await TrainerProcess.RunAsync("fit", config, "--resume");

        Assert.Equal(1, code);
        Assert.Contains("of another network", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_faces.File("run/last.fct")));
    }

    [Fact]
    public async Task Speed_OfABackbone_IsTimed_AndOfAnUnknownOne_IsRefused()
    {
        var (code, output, error) = await TrainerProcess.RunAsync("speed", "--backbone", "tiny", "--batch", "2", "--rounds", "1");
        Assert.True(code == 0, error);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.True(result.GetProperty("images_per_second").GetDouble() > 0);
        Assert.Equal("tiny", result.GetProperty("backbone").GetString());

        (code, _, error) = await TrainerProcess.RunAsync("speed", "--backbone", "resnet7");
        Assert.Equal(1, code);
        Assert.Contains("'resnet7' is unknown", error, StringComparison.Ordinal);
    }

    private string Config(long steps, string data = "")
    {
        var path = _faces.File("config.json");
        File.WriteAllText(path, $$"""
            {
              "output": {{JsonSerializer.Serialize(_faces.File("run"))}},
              "data": { "path": {{JsonSerializer.Serialize(_faces.Path)}}, "threads": 1{{data}} },
              "model": { "backbone": "tiny", "embeddingSize": 16 },
              "head": { "kind": "magface" },
              "optimiser": { "rate": 0.01 },
              "run": { "steps": {{steps}}, "batchSize": 6, "logEvery": 1 }
            }
            """);
        return path;
    }
}
