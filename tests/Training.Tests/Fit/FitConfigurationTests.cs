using FaceCluster.Training.Fit;
using FaceCluster.Training.Heads;
using Xunit;

namespace FaceCluster.Training.Tests.Fit;

public sealed class FitConfigurationTests
{
    [Fact]
    public void Parse_MinimalFile_HasTheDocumentedDefaults()
    {
        var configuration = FitConfigurationReader.Parse("""{ "output": "runs/a", "data": { "path": "faces" }, }""", "a.json");

        Assert.Equal("iresnet18", configuration.Model.Backbone);
        Assert.IsType<ArcFaceOptions>(configuration.Head);
        Assert.Equal(0.1, configuration.Optimiser.Rate);
        Assert.Equal("faces", configuration.Data!.Value.GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("softmax", typeof(SoftmaxHead))]
    [InlineData("nsoftmax", typeof(CosineHead))]
    [InlineData("sphereface", typeof(CosineHead))]
    [InlineData("cosface", typeof(CosineHead))]
    [InlineData("arcface", typeof(CosineHead))]
    [InlineData("combined", typeof(CosineHead))]
    [InlineData("magface", typeof(CosineHead))]
    [InlineData("elasticface", typeof(CosineHead))]
    [InlineData("curricularface", typeof(CosineHead))]
    [InlineData("mv-softmax", typeof(CosineHead))]
    [InlineData("tvmf", typeof(CosineHead))]
    public void EveryHead_IsChosenByItsName(string type, Type head)
    {
        var configuration = FitConfigurationReader.Parse($$"""{ "output": "o", "head": { "kind": "{{type}}" } }""", "a.json");

        using var created = configuration.Head.Create(3, 4);
        Assert.IsType(head, created);
    }

    [Theory]
    [InlineData("""{ "output": "o", "learningRate": 1 }""", "learningRate")]
    [InlineData("""{ "output": "o", "optimiser": { "rate": "fast" } }""", "optimiser.rate")]
    [InlineData("""{ "output": "o", "optimiser": { "rate": -1 } }""", "optimiser.rate must be")]
    [InlineData("""{ "output": "o", "head": { "kind": "circle" } }""", "circle")]
    [InlineData("""{ "output": "o", "head": { "kind": "arcface", "gradient": "wrong" } }""", "gradient")]
    [InlineData("""{ "output": "", "run": {} }""", "output")]
    [InlineData("""{ "output": "o", "run": { "batchSize": 1 } }""", "run.batchSize must be 2")]
    [InlineData("""{ "output": "o", "model": { "backbone": "onnx" } }""", "start.onnx")]
    [InlineData("""{ "output": "o", "schedule": { "milestones": [5, 3] } }""", "schedule.milestones")]
    [InlineData("""{ "output": """, "not a configuration")]
    public void Parse_WrongFile_NamesTheField(string text, string expected)
    {
        var error = Assert.Throws<FitException>(() => FitConfigurationReader.Parse(text, "a.json"));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vgg16", "model.backbone 'vgg16' is unknown")]
    [InlineData("iresnet19", "18, 34, 50, 100 or 200")]
    public void Network_OfAnUnknownName_IsRefused(string backbone, string expected)
    {
        var error = Assert.Throws<FitException>(() => NetworkFactory.Create(new ModelOptions { Backbone = backbone }));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
