using System.Text.Json;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Layers;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Backbones;

public sealed class BackboneTests
{
    public static TheoryData<string> Counted => ["insightface_iresnet18", "insightface_iresnet34", "insightface_iresnet50", "insightface_iresnet100",
        "insightface_mbf_512", "insightface_mbf_large_512", "insightface_mobilefacenet_scale1_512", "askd_cbam_resnet50_512", "magface_iresnet18", "magface_iresnet50"];

    [Theory]
    [MemberData(nameof(Counted))]
    public void Backbone_ParametersAndBuffers_AreThoseOfTheReference(string name)
    {
        var expected = Golden.Open("backbones.json").GetProperty("counts").GetProperty(name);
        using var scope = NewDisposeScope();
        using var network = Create(name);

        // The reference counts one number of batches per batch norm among its buffers; nothing reads it, so it is not kept here.
        var norms = network.modules().OfType<BatchNormLayer>().Distinct().Count();
        Assert.Equal(expected.GetProperty("parameters").GetInt64(), network.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(expected.GetProperty("trainable").GetInt64(), network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()));
        Assert.Equal(expected.GetProperty("buffers").GetInt64(), network.buffers().Sum(buffer => buffer.numel()) + norms);
    }

    [Fact]
    public void MobileFaceNet_Of128Dimensions_HasTheParametersOfThePaper()
    {
        using var network = new MobileFaceNet(new MobileFaceNetOptions { EmbeddingSize = 128 });

        Assert.Equal(1_003_136, network.parameters().Sum(parameter => parameter.numel()));
    }

    [Theory]
    [InlineData("insightface_iresnet18", "iresnet18_shapes")]
    [InlineData("insightface_mbf_512", "mbf_shapes")]
    public void Backbone_StateNamesAndShapes_AreThoseOfTheReference(string name, string list)
    {
        var expected = Golden.Open("backbones.json").GetProperty(list).EnumerateObject()
            .Where(entry => !entry.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .Select(entry => $"{entry.Name} {string.Join('x', entry.Value.EnumerateArray())}");
        using var network = Create(name);

        Assert.Equal(expected.Order(), network.state_dict().Select(entry => $"{entry.Key} {string.Join('x', entry.Value.shape)}").Order());
    }

    [Theory]
    [InlineData("iresnet_block_4_to_6_stride2")]
    [InlineData("mobilefacenet_depthwise_residual_4_groups8")]
    public void Block_OnReferenceInput_GivesTheReferenceOutput(string name)
    {
        var block = Golden.Open("backbones.json").GetProperty("blocks").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        using var scope = NewDisposeScope();
        Layer layer = name.StartsWith("iresnet", StringComparison.Ordinal)
            ? new IResNetBlock(4, 6, 2, shortcut: true, new BatchNormOptions(), attention: false)
            : new BottleneckLayer(4, 4, 1, 8, residual: true, new BatchNormOptions());

        Run(layer, block, key => key, "output", layer.forward);
    }

    [Fact]
    public void AttentionBlock_OnReferenceInput_GivesTheReferenceOutputAndLogits()
    {
        var block = Golden.Open("cbam.json").GetProperty("block");
        using var scope = NewDisposeScope();
        var layer = new IResNetBlock(4, 16, 2, shortcut: true, new BatchNormOptions(), attention: true);
        var logits = new List<Tensor>();

        Run(layer, block, Rename, "output", input => layer.ForwardWithAttention(input, logits));

        Golden.Near(block.GetProperty("float64").GetProperty("channel_logits"), logits[0], 1e-9, "channel logits");
        Golden.Near(block.GetProperty("float64").GetProperty("spatial_logits"), logits[1], 1e-9, "spatial logits");
    }

    [Fact]
    public void AttentionModules_OnReferenceInput_GiveTheReferenceLogits()
    {
        var modules = Golden.Open("cbam.json").GetProperty("modules");
        using var scope = NewDisposeScope();
        var channels = modules.GetProperty("input_shape")[1].GetInt64();
        var hidden = modules.GetProperty("weights").GetProperty("channel.shared_mlp.0.weight").GetProperty("shape")[0].GetInt64();
        var channel = new ChannelAttentionLayer(channels, channels / hidden);
        var spatial = new SpatialAttentionLayer();
        Load(channel, modules, key => key.StartsWith("channel.", StringComparison.Ordinal) ? key[8..] : null);
        Load(spatial, modules, key => key.StartsWith("spatial.", StringComparison.Ordinal) ? key[8..] : null);
        var input = Input(modules);

        using var quiet = no_grad();
        Golden.Near(modules.GetProperty("float64").GetProperty("channel_logits"), channel.Logits(input), 1e-9, "channel");
        var scaled = channel.forward(input);
        Golden.Near(modules.GetProperty("float64").GetProperty("spatial_logits"), spatial.Logits(scaled), 1e-9, "spatial");
        Golden.Near(modules.GetProperty("float64").GetProperty("output"), spatial.forward(scaled), 1e-9, "output");
    }

    [Theory]
    [InlineData("tiny", 112)]
    [InlineData("tiny", 48)]
    [InlineData("tiny-cbam", 32)]
    [InlineData("mobilefacenet", 32)]
    [InlineData("iresnet18", 32)]
    public void Network_OfAnyPictureSize_GivesEmbeddingsAndAGradientForEveryTrainableParameter(string name, int size)
    {
        using var scope = NewDisposeScope();
        EmbeddingNetwork network = name switch
        {
            "tiny" => new TinyNet(size, 16),
            "tiny-cbam" => new TinyNet(size, 16, attention: true),
            "mobilefacenet" => new MobileFaceNet(new MobileFaceNetOptions { ImageSize = size, EmbeddingSize = 16 }),
            _ => new IResNet(new IResNetOptions { ImageSize = size, EmbeddingSize = 16 }),
        };

        var output = network.forward(torch.randn(4, 3, size, size));
        (output * torch.randn(4, 16)).sum().backward();

        Assert.Equal([4L, 16L], output.shape);
        Assert.All(network.parameters().Where(parameter => parameter.requires_grad), parameter => Assert.NotNull(parameter.grad));
    }

    [Fact]
    public void BFloat16_OnlyRoundsTheConvolutions()
    {
        using var scope = NewDisposeScope();
        var network = new TinyNet(32, 16);
        network.eval();
        var input = torch.randn(2, 3, 32, 32);
        var exact = network.forward(input);
        network.SetPrecision(Precision.BFloat16);

        var rounded = network.forward(input);

        var error = (exact - rounded).abs().max().item<float>() / exact.abs().max().item<float>();
        Assert.Equal(ScalarType.Float32, rounded.dtype);
        Assert.InRange(error, 1e-6f, 0.05f);
        rounded.sum().backward();
        Assert.All(network.parameters().Where(parameter => parameter.grad is not null), parameter => Assert.Equal(ScalarType.Float32, parameter.grad!.dtype));
    }

    [Theory]
    [InlineData(0, 64, "model.imageSize")]
    [InlineData(100, 64, "model.imageSize")]
    [InlineData(112, 1, "model.embeddingSize")]
    public void Network_SizeOutOfRange_IsRefusedByName(int size, int embedding, string field)
    {
        var error = Assert.Throws<ArgumentException>(() => new TinyNet(size, embedding));

        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    private static EmbeddingNetwork Create(string name) => name switch
    {
        "insightface_mbf_512" => new MobileFaceNet(MobileFaceNetOptions.InsightFace),
        "insightface_mbf_large_512" => new MobileFaceNet(MobileFaceNetOptions.InsightFaceLarge),
        "insightface_mobilefacenet_scale1_512" => new MobileFaceNet(new MobileFaceNetOptions()),
        "askd_cbam_resnet50_512" => new IResNet(new IResNetOptions { Depth = 50, Attention = true, FixedFinalScale = false, Dropout = 0.4, Initialisation = Initialisation.Xavier }),
        "magface_iresnet18" => new IResNet(IResNetOptions.MagFace(18)),
        "magface_iresnet50" => new IResNet(IResNetOptions.MagFace(50)),
        _ => new IResNet(new IResNetOptions { Depth = int.Parse(name["insightface_iresnet".Length..]) }),
    };

    private static void Run(Layer layer, JsonElement block, Func<string, string?> rename, string output, Func<Tensor, Tensor> forward)
    {
        Load(layer, block, rename);
        using var quiet = no_grad();
        Golden.Near(block.GetProperty("float64").GetProperty(output), forward(Input(block)), 1e-9, output);
    }

    private static void Load(Layer layer, JsonElement block, Func<string, string?> rename)
    {
        layer.to(ScalarType.Float64);
        layer.eval();
        var state = layer.state_dict();
        using var quiet = no_grad();
        foreach (var weight in block.GetProperty("weights").EnumerateObject().Where(entry => rename(entry.Name) is not null))
        {
            var target = state[rename(weight.Name)!];
            target.copy_(weight.Value.GetProperty("values").Tensor().reshape(target.shape));
        }
    }

    private static Tensor Input(JsonElement block) =>
        block.GetProperty("input").Tensor().reshape([.. block.GetProperty("input_shape").EnumerateArray().Select(size => size.GetInt64())]);

    private static string Rename(string key) => key
        .Replace("res_layer.0", "bn1", StringComparison.Ordinal).Replace("res_layer.1", "conv1", StringComparison.Ordinal)
        .Replace("res_layer.2", "bn2", StringComparison.Ordinal).Replace("res_layer.3", "prelu", StringComparison.Ordinal)
        .Replace("res_layer.4", "conv2", StringComparison.Ordinal).Replace("res_layer.5", "bn3", StringComparison.Ordinal)
        .Replace("channel_layer", "channel", StringComparison.Ordinal).Replace("spatial_layer", "spatial", StringComparison.Ordinal)
        .Replace("shortcut_layer", "downsample", StringComparison.Ordinal);
}
