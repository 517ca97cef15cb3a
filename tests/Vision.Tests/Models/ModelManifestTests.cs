using CsCheck;
using FaceCluster.Vision.Models;
using Xunit;

namespace FaceCluster.Vision.Tests.Models;

public sealed class ModelManifestTests
{
    [Fact]
    public void Parse_Valid_GivesItsValues()
    {
        var manifest = ModelManifest.Parse(TinyFolder.Manifest.Replace("RGB", "BGR", StringComparison.Ordinal), "test");
        Assert.Equal("tiny", manifest.Name);
        Assert.Equal(ColorOrder.Bgr, manifest.ColorOrder);
        Assert.Equal(8, manifest.Dimension);
        Assert.Equal(112, manifest.FaceTemplate.Size);
        Assert.Equal(0.25, manifest.Quantiles.ShareBelow(0.55), 1e-9);
    }

    [Fact]
    public void ToJson_WithCalibration_ParsesToTheSame()
    {
        var text = TinyFolder.Manifest.TrimEnd()[..^1] + ", \"calibration\": { \"slope\": 25.4, \"midpoint\": 0.282 } }";
        var manifest = ModelManifest.Parse(ModelManifest.Parse(text, "test").ToJson(), "written");
        Assert.Equal(new ModelCalibration(25.4, 0.282), manifest.Calibration);
        Assert.Equal(0.5, manifest.Calibration!.Probability(0.282), 1e-12);
        Assert.Null(ModelManifest.Parse(ModelManifest.Parse(TinyFolder.Manifest, "test").ToJson(), "written").Calibration);
    }

    [Theory]
    [InlineData("{ \"slope\": 0, \"midpoint\": 0 }", "slope")]
    [InlineData("{ \"slope\": 5, \"midpoint\": 2 }", "midpoint")]
    public void Parse_CalibrationOutOfRange_NamesTheField(string calibration, string named)
    {
        var text = TinyFolder.Manifest.TrimEnd()[..^1] + $", \"calibration\": {calibration} }}";
        Assert.Contains(named, Assert.Throws<ModelException>(() => ModelManifest.Parse(text, "test")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"name\": \"tiny\"", "\"name\": \"a b\"", "name")]
    [InlineData("\"name\": \"tiny\",", "", "name")]
    [InlineData("\"RGB\"", "\"GRB\"", "color_order")]
    [InlineData("[127]", "[1, 2]", "mean")]
    [InlineData("[0.0078125]", "[0]", "scale")]
    [InlineData("arcface-112", "arcface-96", "arcface-96")]
    [InlineData("\"dimension\": 8", "\"dimension\": 12", "dimension")]
    [InlineData("\"dimension\"", "\"dimensions\"", "dimensions")]
    [InlineData("\"1\": 4", "\"1\": 0.5", "quantiles")]
    [InlineData("\"0.5\"", "\"half\"", "half")]
    public void Parse_OneFieldWrong_NamesIt(string what, string replacement, string named)
    {
        var error = Assert.Throws<ModelException>(() => ModelManifest.Parse(TinyFolder.Manifest.Replace(what, replacement, StringComparison.Ordinal), "test"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantiles_AnyMagnitude_ShareAndMagnitudeAgreeAndAscend()
    {
        var quantiles = new MagnitudeQuantiles([new(0, 1.8), new(0.05, 2.9), new(0.5, 3.6), new(1, 5.2)]);
        Gen.Select(Gen.Double[1.8, 5.2], Gen.Double[1.8, 5.2]).Sample((a, b) =>
        {
            Assert.Equal(a, quantiles.MagnitudeAt(quantiles.ShareBelow(a)), 1e-9);
            Assert.True(a >= b || quantiles.ShareBelow(a) <= quantiles.ShareBelow(b));
        });
        Assert.Equal(0, quantiles.ShareBelow(0.1));
        Assert.Equal(1, quantiles.ShareBelow(9));
    }
}
