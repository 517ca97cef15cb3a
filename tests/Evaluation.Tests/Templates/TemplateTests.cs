using FaceCluster.Evaluation.Templates;
using FaceCluster.TrainingData;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Templates;

public sealed class TemplateTests
{
    [Theory]
    [InlineData(TemplateForm.MagnitudeWeighted, "magface_plus_raw")]
    [InlineData(TemplateForm.Plain, "plain_media_normalised")]
    public void Aggregate_Golden_VectorsScoresAndRatesAgree(TemplateForm form, string name)
    {
        var golden = GoldenFile.Read("magface_plus_templates.json");
        var inputs = golden.GetProperty("inputs");
        var features = inputs.GetProperty("image_features").EnumerateArray().SelectMany(row => row.Floats()).ToArray();
        var templates = TemplateSet.Aggregate(features, 8, inputs.GetProperty("template_id").Ints(), inputs.GetProperty("media_id").Ints(), form);
        var expected = golden.GetProperty("results").GetProperty(name);
        Assert.Equal(golden.GetProperty("template_ids").Ints(), templates.Ids);
        foreach (var (vector, id) in expected.GetProperty("restated_float64").GetProperty("template_features").EnumerateArray().Zip(templates.Ids))
        {
            Assert.Equal(vector.Doubles(), templates.Vector(id).ToArray(), (left, right) => Math.Abs(left - right) < 1e-7);
        }

        var pairs = inputs.GetProperty("pairs_t1_t2_label").EnumerateArray().Select(pair => pair.Ints()).Select(pair => (pair[0], pair[1], pair[2] == 1)).ToArray();
        Assert.Equal(
            expected.GetProperty("restated_float64").GetProperty("scores").Doubles(),
            pairs.Select(pair => templates.Score(pair.Item1, pair.Item2)),
            (left, right) => Math.Abs(left - right) < 1e-9);
        var result = TemplateProtocol.Verify(templates, pairs, form);
        foreach (var target in expected.GetProperty("tar_at_far").EnumerateObject().Zip(result.Rates.OrderBy(rate => double.Parse(rate.Key, System.Globalization.CultureInfo.InvariantCulture))))
        {
            Assert.Equal(target.First.Value.GetDouble(), target.Second.Value, 1e-9);
        }
    }

    [Fact]
    public void Files_InTheBenchmarksForm_AreRead()
    {
        var folder = Directory.CreateTempSubdirectory("facecluster-").FullName;
        try
        {
            string At(string name) => Path.Combine(folder, name);
            File.WriteAllText(At("faces.txt"), "1.jpg 1 69544\n2.jpg 7 5\n");
            File.WriteAllText(At("pairs.txt"), "1 7 0\n1 1 1\n");
            File.WriteAllText(At("points.txt"), "1.jpg 1 2 3 4 5 6 7 8 9.5 10 0.98\n");
            var (files, templates, media) = TemplateFiles.ReadFaces(At("faces.txt"));
            Assert.Equal(["1.jpg", "2.jpg"], files);
            Assert.Equal([1, 7], templates);
            Assert.Equal([69544, 5], media);
            Assert.Equal([(1, 7, false), (1, 1, true)], TemplateFiles.ReadPairs(At("pairs.txt")));
            var picture = Assert.Single(TemplateFiles.ReadPictures(At("points.txt")));
            Assert.Equal((9.5f, 10f, 0.98f), (picture.Points.RightMouth.X, picture.Points.RightMouth.Y, picture.DetectionScore));

            File.WriteAllText(At("pairs.txt"), "1 7 0\n1 7\n");
            Assert.Contains("line 2", Assert.Throws<TrainingDataException>(() => TemplateFiles.ReadPairs(At("pairs.txt")).Count()).Message, StringComparison.Ordinal);
            File.WriteAllText(At("points.txt"), "1.jpg 1 2 3 x 5 6 7 8 9.5 10 0.98\n");
            Assert.Contains("'x'", Assert.Throws<TrainingDataException>(() => TemplateFiles.ReadPictures(At("points.txt")).Count()).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
