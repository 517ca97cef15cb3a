using System.Text.Json;
using FaceCluster.Testing.Pictures;
using FaceCluster.Trainer.Tests.Support;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Onnx;
using FaceCluster.Vision.Models;
using Xunit;

namespace FaceCluster.Trainer.Tests.Commands;

public sealed class EvalCommandTests
{
    private static readonly string[] People = ["Ann", "Ben", "Cleo", "Dan"];

    private static readonly string[] Keys =
        ["accuracy", "tar_1e-3", "tar_1e-4", "eer", "fmr100", "fmr1000", "fdr", "spearman_magnitude", "bcubed_f", "pairwise_f"];

    [Fact]
    public async Task Eval_FolderAndPairs_GivesEveryFigure()
    {
        using var faces = Faces();
        var model = Model(faces);
        var result = await TrainerProcess.JsonAsync("eval", "--model", model, "--images", faces.Path, "--pairs", Pairs(faces), "--report", faces.File("report.html"));
        Assert.All(Keys, key => Assert.Equal(JsonValueKind.Number, result.GetProperty(key).ValueKind));
        Assert.Equal(24, result.GetProperty("faces").GetInt32());
        Assert.Equal(4, result.GetProperty("identities").GetInt32());
        Assert.Equal(4 * 15, result.GetProperty("genuine_pairs").GetInt32());
        Assert.Equal(6 * 36, result.GetProperty("impostor_pairs").GetInt32());
        Assert.InRange(result.GetProperty("accuracy").GetDouble(), 0.5, 1);
        Assert.Equal(0, result.GetProperty("error_versus_reject")[0].GetProperty("reject").GetDouble());
        var page = File.ReadAllText(faces.File("report.html"));
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains("cosine to centre", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("add")]
    [InlineData("concat")]
    public async Task Eval_BinOfTheSamePairs_GivesTheAccuracyOfTheFolder(string flip)
    {
        using var faces = Faces();
        var (model, pairs, bin) = (Model(faces), Pairs(faces), faces.File("pairs.bin"));
        await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--pairs", pairs, "--output", bin, "--faces", "aligned");
        var folder = await TrainerProcess.JsonAsync("eval", "--model", model, "--images", faces.Path, "--pairs", pairs, "--flip", flip);
        var set = await TrainerProcess.JsonAsync("eval", "--model", model, "--bin", bin, "--flip", flip);
        Assert.Equal(folder.GetProperty("accuracy").GetDouble(), set.GetProperty("accuracy").GetDouble(), 1e-9);
        Assert.Equal("pairs", set.GetProperty("scores_from").GetString());
        Assert.Equal(flip, set.GetProperty("flip").GetString());
    }

    [Fact]
    public async Task Eval_Calibrate_WritesTheManifest()
    {
        using var faces = Faces();
        var model = Model(faces);
        var (code, _, error) = await TrainerProcess.RunAsync("eval", "--model", model, "--images", faces.Path, "--calibrate", "--json");
        if (code == 0)
        {
            var manifest = ModelManifest.Parse(File.ReadAllText(Path.ChangeExtension(model, ".json")), "written");
            Assert.True(manifest.Calibration!.Slope > 0);
            return;
        }

        // A model that parts drawn people without an error has no best slope, and says so.
        Assert.Contains("calibration cannot be fitted", error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.ChangeExtension(model, ".json")));
    }

    [Fact]
    public async Task Eval_Templates_RunsBothForms()
    {
        using var faces = Faces();
        var model = Model(faces);
        var meta = Directory.CreateDirectory(faces.File("meta")).FullName;
        var lines = People.SelectMany((person, p) => Enumerable.Range(1, 6).Select(i => (File: $"{person}_{i:D4}.png", Template: (2 * p) + (i % 2), Media: i / 2))).ToArray();
        File.WriteAllLines(Path.Combine(meta, "ijbc_face_tid_mid.txt"), lines.Select(line => $"{line.File} {line.Template} {line.Media}"));
        File.WriteAllLines(Path.Combine(meta, "ijbc_name_5pts_score.txt"), lines.Select(line => $"{line.File} 38.29 51.7 73.53 51.5 56.03 71.74 41.55 92.37 70.73 92.2 0.99"));
        File.WriteAllLines(
            Path.Combine(meta, "ijbc_template_pair_label.txt"),
            Enumerable.Range(0, 8).SelectMany(a => Enumerable.Range(a + 1, 7 - a).Select(b => $"{a} {b} {(a / 2 == b / 2 ? 1 : 0)}")));
        var result = await TrainerProcess.JsonAsync("eval", "--model", model, "--ijb", meta, "--images", faces.Path, "--flip", "add");
        var templates = result.GetProperty("templates");
        Assert.Equal(["plain", "magface_plus"], templates.EnumerateArray().Select(item => item.GetProperty("form").GetString()));
        Assert.Equal(28, templates[0].GetProperty("pairs").GetInt32());
        Assert.InRange(templates[1].GetProperty("tar").GetProperty("1e-1").GetDouble(), 0, 1);
        Assert.Equal(JsonValueKind.Null, result.GetProperty("identification").ValueKind);

        // Ann's and Ben's first templates are one gallery, Cleo's the other; all second templates are probes.
        File.WriteAllText(Path.Combine(meta, "ijbc_1N_gallery_G1.csv"), "TEMPLATE_ID,SUBJECT_ID,FILENAME\n0,0,a.jpg\n0,0,b.jpg\n2,1,c.jpg\n");
        File.WriteAllText(Path.Combine(meta, "ijbc_1N_gallery_G2.csv"), "TEMPLATE_ID,SUBJECT_ID,FILENAME\n4,2,a.jpg\n");
        File.WriteAllText(Path.Combine(meta, "ijbc_1N_probe_mixed.csv"), "TEMPLATE_ID,SUBJECT_ID,FILENAME\n1,0,a.jpg\n3,1,a.jpg\n5,2,a.jpg\n7,3,a.jpg\n");
        result = await TrainerProcess.JsonAsync("eval", "--model", model, "--ijb", meta, "--images", faces.Path, "--detector-weight");
        var search = result.GetProperty("identification");
        Assert.Equal(["G1", "G2", "G1+G2", "G1", "G2", "G1+G2"], search.EnumerateArray().Select(item => item.GetProperty("gallery").GetString()));
        Assert.Equal((2, 2), (search[0].GetProperty("mated").GetInt32(), search[0].GetProperty("strangers").GetInt32()));
        Assert.Equal(1, search[1].GetProperty("ranks").GetProperty("top_1").GetDouble());
        Assert.Equal(("reference", 3), (search[2].GetProperty("variant").GetString(), search[2].GetProperty("mated").GetInt32()));
    }

    [Fact]
    public async Task Eval_ModelWithoutManifest_AsksForOneAndTakesOptions()
    {
        DataCommandTests.SkipWithoutModels();
        using var faces = Faces();
        var model = faces.File("foreign.onnx");

        // Another file than the default model's, so that nothing is known of it.
        var bytes = File.ReadAllBytes(Path.Combine(ModelFolder.Find(null)!, "fr_feature.onnx"));
        File.WriteAllBytes(model, [.. bytes, 0x12, 1, (byte)'x']);
        var (code, _, error) = await TrainerProcess.RunAsync("eval", "--model", model, "--images", faces.Path);
        Assert.Equal(1, code);
        Assert.Contains("has no manifest", error, StringComparison.Ordinal);
        var result = await TrainerProcess.JsonAsync("eval", "--model", model, "--images", faces.Path, "--color-order", "RGB", "--mean", "127", "--scale", "0.0078125");
        Assert.Equal(24, result.GetProperty("faces").GetInt32());
    }

    [Theory]
    [InlineData("no model", "--images", "{faces}")]
    [InlineData("Name what to measure on", "--model", "{model}")]
    [InlineData("holds its own pictures", "--model", "{model}", "--bin", "x.bin", "--images", "{faces}")]
    [InlineData("nowhere", "--model", "{model}", "--images", "nowhere")]
    public async Task Eval_WrongInput_SaysWhat(string named, params string[] arguments)
    {
        using var faces = Faces();
        var model = Model(faces);
        string[] given = [.. arguments.Select(argument => argument.Replace("{faces}", faces.Path, StringComparison.Ordinal).Replace("{model}", model, StringComparison.Ordinal))];
        var (code, _, error) = await TrainerProcess.RunAsync(["eval", .. given.Contains("--model") ? Array.Empty<string>() : ["--model", "missing.onnx"], .. given]);
        Assert.Equal(1, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    private static SyntheticFaces Faces()
    {
        var faces = new SyntheticFaces();
        foreach (var person in People)
        {
            faces.Add(person, 6);
        }

        return faces;
    }

    /// <summary>An untrained network: what it measures is poor, but all of it can be measured.</summary>
    private static string Model(SyntheticFaces faces)
    {
        var path = faces.File("model.onnx");
        TorchSharp.torch.random.manual_seed(1);
        using var network = new TinyNet();
        OnnxExporter.Export(network, path, new OnnxExportOptions
        {
            Name = "untrained",
            Loss = "none",
            TrainingData = "none",
            MagnitudeQuantiles = new Dictionary<string, double> { ["0"] = 0.1, ["1"] = 10 },
        });
        return path;
    }

    private static string Pairs(SyntheticFaces faces)
    {
        var lines = new List<string>();
        for (var i = 1; i <= 5; i++)
        {
            for (var p = 0; p < People.Length; p++)
            {
                lines.Add($"{People[p]}_{i:D4}.png {People[p]}_{i + 1:D4}.png 1");
                lines.Add($"{People[p]}_{i:D4}.png {People[(p + 1) % 4]}_{i:D4}.png 0");
            }
        }

        File.WriteAllLines(faces.File("pairs.txt"), lines);
        return faces.File("pairs.txt");
    }
}
