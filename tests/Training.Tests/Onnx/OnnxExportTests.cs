using FaceCluster.Training.Backbones;
using FaceCluster.Training.Onnx;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Models;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Onnx;

public sealed class OnnxExportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("facecluster-").FullName;

    public static TheoryData<string, bool, bool> Networks { get; } = new()
    {
        { "tiny", true, false },
        { "tiny", false, false },
        { "tiny-attention", true, false },
        { "tiny-attention", true, true },
        { "mobilefacenet", true, false },
        { "iresnet18", true, false },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Export_AnyNetwork_RunsLikeIt(string kind, bool fold, bool half)
    {
        using var scope = NewDisposeScope();
        using var network = Create(kind);
        Perturb(network);
        network.train();
        var path = Path.Combine(_folder, "model.onnx");

        var result = OnnxExporter.Export(network, path, Options() with { FoldBatchNorms = fold, HalfPrecision = half });

        Assert.True(network.training);
        Assert.InRange(result.Difference, 0, 1e-4);
        Assert.Equal(half, result.HalfDifference > 0);
        network.eval();
        using var embedder = AlignedEmbedder.Load(path);
        Assert.Equal(network.EmbeddingSize, embedder.Model.Dimension);
        Assert.Equal("trained", embedder.Model.Manifest.Name);
        Assert.True(embedder.MaxBatch > 1);
        using var picture = Picture();
        var rows = new float[3 * network.EmbeddingSize];
        embedder.Embed([picture, picture, picture], rows);
        var expected = Forward(network, picture);
        var tolerance = (half ? 0.05f : 1e-3f) * Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Select((value, i) => Math.Abs(value - rows[i])), difference => Assert.InRange(difference, 0, tolerance));
    }

    [Fact]
    public void Export_HalfPrecision_HalvesTheFile()
    {
        using var network = new MobileFaceNet(new MobileFaceNetOptions { EmbeddingSize = 64 });
        OnnxExporter.Export(network, Path.Combine(_folder, "single.onnx"), Options());
        OnnxExporter.Export(network, Path.Combine(_folder, "half.onnx"), Options() with { HalfPrecision = true });
        var ratio = (double)new FileInfo(Path.Combine(_folder, "half.onnx")).Length / new FileInfo(Path.Combine(_folder, "single.onnx")).Length;
        Assert.InRange(ratio, 0.45, 0.6);
    }

    [Fact]
    public void Export_MetadataOfTheFile_SaysWhatTheModelIs()
    {
        using var network = new TinyNet();
        var path = Path.Combine(_folder, "model.onnx");
        OnnxExporter.Export(network, path, Options() with { Calibration = new ModelCalibration(20, 0.3) });
        var manifest = ModelManifest.Find(path);
        Assert.Equal(new ModelCalibration(20, 0.3), manifest.Calibration);
        var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path));
        Assert.All((string[])["color_order", "mean", "scale", "template", "dimension", "loss", "magface", "training_data", "drawn faces", "magnitude_quantiles"], word => Assert.Contains(word, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Export_QuantilesThatDoNotAscend_WritesNothing()
    {
        using var network = new TinyNet();
        var path = Path.Combine(_folder, "model.onnx");
        Assert.Throws<ModelException>(() => OnnxExporter.Export(network, path, Options() with { MagnitudeQuantiles = new Dictionary<string, double> { ["0"] = 2, ["1"] = 1 } }));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Export_NetworkThatIsNotFinite_IsRefused()
    {
        using var network = new TinyNet();
        using (no_grad())
        {
            network.parameters().First().fill_(float.NaN);
        }

        Assert.Throws<OnnxException>(() => OnnxExporter.Export(network, Path.Combine(_folder, "model.onnx"), Options()));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("mobilefacenet")]
    public void Import_WhatWasExported_GivesTheSameEmbeddings(string kind)
    {
        using var scope = NewDisposeScope();
        using var network = Create(kind);
        Perturb(network);
        network.eval();
        var path = Path.Combine(_folder, "model.onnx");
        OnnxExporter.Export(network, path, Options());

        using var imported = OnnxImporter.Import(path);
        imported.eval();

        using var picture = Picture();
        var (expected, actual) = (Forward(network, picture), Forward(imported, picture));
        var tolerance = 1e-4f * Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual, (a, b) => Math.Abs(a - b)), difference => Assert.InRange(difference, 0, tolerance));
    }

    [Theory]
    [InlineData("RGB")]
    [InlineData("BGR")]
    public void Import_DefaultModelWithEitherPlaneOrder_GivesItsEmbeddings(string order)
    {
        if (ModelFolder.Find(null) is not { } models || !File.Exists(Path.Combine(models, "fr_feature.onnx")))
        {
            Assert.Skip("The default models are not on this machine (./build.sh build fetches them).");
            return;
        }

        using var scope = NewDisposeScope();
        var path = Path.Combine(models, "fr_feature.onnx");
        var standard = ModelManifest.Find(path);
        var manifest = ModelManifest.Parse(standard.ToJson().Replace("\"RGB\"", $"\"{order}\"", StringComparison.Ordinal), "test");
        using var embedder = AlignedEmbedder.Load(path, manifest: manifest);
        using var imported = OnnxImporter.Import(path, manifest);
        imported.eval();
        using var picture = Picture();
        var expected = new float[512];
        embedder.Embed([picture], expected);
        var actual = Forward(imported, picture);
        Assert.All(expected.Zip(actual, (a, b) => Math.Abs(a - b)), difference => Assert.InRange(difference, 0, 1e-4f));

        // Every weight is trainable, and freezing stops the first ones.
        Assert.Equal(50, imported.WeightedLayerCount);
        Assert.All(imported.parameters(), parameter => Assert.True(parameter.requires_grad));
        imported.FreezeFirst(40);
        Assert.Equal(10, imported.modules().OfType<FaceCluster.Training.Layers.ConvLayer>().Distinct().Count(layer => layer.Weight.requires_grad));

        // And out again.
        var again = Path.Combine(_folder, "again.onnx");
        OnnxExporter.Export(imported, again, Options());
        using var second = AlignedEmbedder.Load(again);
        var rows = new float[512];
        second.Embed([picture], rows);
        Assert.All(expected.Zip(rows, (a, b) => Math.Abs(a - b)), difference => Assert.InRange(difference, 0, 1e-4f));
    }

    [Fact]
    public void Import_TrainedForAStep_Changes()
    {
        using var scope = NewDisposeScope();
        using var network = new TinyNet();
        var path = Path.Combine(_folder, "model.onnx");
        OnnxExporter.Export(network, path, Options());
        using var imported = OnnxImporter.Import(path);
        imported.train();
        using var picture = Picture();
        var before = Forward(imported, picture);
        using var optimizer = optim.SGD(imported.parameters(), 0.01);
        imported.forward(Input(picture)).square().sum().backward();
        optimizer.step();
        Assert.NotEqual(before, Forward(imported, picture));
    }

    [Fact]
    public void Import_LayersOfAnotherForm_AreNamed()
    {
        if (ModelFolder.Find(null) is not { } models || !File.Exists(Path.Combine(models, "fr_detect.onnx")))
        {
            Assert.Skip("The default models are not on this machine (./build.sh build fetches them).");
            return;
        }

        var manifest = ModelManifest.Find(Path.Combine(models, "fr_feature.onnx"));
        Assert.Contains("the trainer knows", Assert.Throws<OnnxException>(() => OnnxImporter.Import(Path.Combine(models, "fr_detect.onnx"), manifest)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static OnnxExportOptions Options() => new()
    {
        Name = "trained",
        Loss = "magface",
        TrainingData = "drawn faces",
        MagnitudeQuantiles = new Dictionary<string, double> { ["0"] = 0.5, ["0.5"] = 4, ["1"] = 9 },
    };

    private static EmbeddingNetwork Create(string kind) => kind switch
    {
        "tiny" => new TinyNet(),
        "tiny-attention" => new TinyNet(attention: true),
        "mobilefacenet" => new MobileFaceNet(new MobileFaceNetOptions { EmbeddingSize = 128 }),
        _ => new IResNet(new IResNetOptions { Depth = 18 }),
    };

    /// <summary>Statistics of batch norms as training leaves them: their start values would hide a mistake in folding.</summary>
    private static void Perturb(EmbeddingNetwork network)
    {
        using var guard = no_grad();
        random.manual_seed(3);
        foreach (var (name, buffer) in network.named_buffers())
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
            {
                buffer.uniform_(-0.2, 0.2);
            }
            else if (name.EndsWith("running_var", StringComparison.Ordinal))
            {
                buffer.uniform_(0.5, 1.5);
            }
        }

        foreach (var (name, parameter) in network.named_parameters())
        {
            if (parameter.dim() == 1 && name.EndsWith("bias", StringComparison.Ordinal))
            {
                parameter.uniform_(-0.1, 0.1);
            }
        }
    }

    private static PixelBuffer Picture()
    {
        var picture = PixelBuffer.Rent(112, 112);
        for (var i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = 0xFF000000u | ((uint)(i * 7 % 256) << 16) | ((uint)(i / 112 * 2) << 8) | (uint)(i % 112 * 2);
        }

        return picture;
    }

    private static Tensor Input(PixelBuffer picture)
    {
        var values = new float[3 * 112 * 112];
        new PlanarWriter(false, [127.5f], [1 / 127.5f]).WriteRow(picture.Pixels, values, 112 * 112, 0);
        return tensor(values, [1, 3, 112, 112]);
    }

    private static float[] Forward(EmbeddingNetwork network, PixelBuffer picture)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var trained = network.training;
        network.eval();
        var result = network.forward(Input(picture)).data<float>().ToArray();
        network.train(trained);
        return result;
    }
}
