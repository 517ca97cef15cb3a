using FaceCluster.Evaluation.Templates;
using FaceCluster.TrainingData;
using Xunit;

namespace FaceCluster.Evaluation.Tests.Templates;

public sealed class IdentificationTests
{
    // Templates on the unit circle: their angles in degrees by id.
    private static readonly TemplateSet Templates = Circle((0, 0), (1, 90), (2, 180), (10, 10), (11, 60), (12, 130), (13, 200), (14, 300), (15, 265), (16, 270));

    private static readonly TemplatePerson[] Gallery = [new(0, 100), new(1, 101), new(2, 102)];

    [Fact]
    public void Identify_ByHand_CountsRanksAndFalsePositives()
    {
        // 10 degrees is nearest to its own 0; 60 is of person 100 but nearer to 90; 130 is 40 from its own 90 and 50 from 180.
        // The strangers at 200, 300 and 265 lie 20, 60 and 85 degrees from somebody.
        TemplatePerson[] probes = [new(10, 100), new(11, 100), new(12, 101), new(13, 900), new(14, 901), new(15, 902)];

        var result = IdentificationProtocol.Identify(Templates, Gallery, probes, TemplateForm.Plain, "G1");

        Assert.Equal((3, 3, 3), (result.People, result.Mated, result.Strangers));
        Assert.Equal(2 / 3.0, result.Ranks["top_1"], 12);
        Assert.Equal(1, result.Ranks["top_5"]);

        // With no stranger allowed, only what lies nearer than 20 degrees counts.
        Assert.Equal(1 / 3.0, result.Rates["1e-1"], 12);
    }

    [Fact]
    public void IdentifyTogether_ByHand_TakesTheOtherPeopleForStrangers()
    {
        // Mates lie 10, 60, 40, 20 degrees away. Of the others the nearest lie 30 (60 to 90), 50 (130 to 180), 70 (200 to 270), ...
        // One false score is allowed for four probes at a tenth, so the threshold is the highest of them, 30 degrees.
        TemplatePerson[] gallery = [.. Gallery, new(16, 103)];
        TemplatePerson[] probes = [new(10, 100), new(11, 100), new(12, 101), new(13, 102), new(14, 900)];

        var result = IdentificationProtocol.IdentifyTogether(Templates, gallery, probes, TemplateForm.Plain, "G1+G2");

        Assert.Equal(("reference", 4, 4, 0), (result.Variant, result.People, result.Mated, result.Strangers));
        Assert.Equal(3 / 4.0, result.Ranks["top_1"], 12);
        Assert.Equal(1, result.Ranks["top_5"]);
        Assert.Equal(2 / 4.0, result.Rates["1e-1"], 12);
        Assert.Equal(["1e-2", "1e-1"], result.Rates.Keys);
    }

    [Fact]
    public void IdentifyTogether_ManyProbes_TakesTheThresholdOfTheShareOfProbes()
    {
        // 20 probes of person 100 at 0 lie at 1 to 20 degrees, another person at 39.5: the highest false scores are those of 20 and 19
        // degrees, 19.5 and 20.5 away. Two are allowed at a tenth, so that all probes count.
        var templates = Circle([(0, 0), (1, 39.5), .. Enumerable.Range(1, 20).Select(degrees => (100 + degrees, (double)degrees))]);
        TemplatePerson[] probes = [.. Enumerable.Range(101, 20).Select(template => new TemplatePerson(template, 100))];

        var result = IdentificationProtocol.IdentifyTogether(templates, [new(0, 100), new(1, 101)], probes, TemplateForm.Plain, "G1+G2");

        Assert.Equal(1, result.Rates["1e-1"]);

        // One is allowed at a hundredth: the probe at 20 lies farther than 19.5.
        Assert.Equal(19 / 20.0, result.Rates["1e-2"], 12);
        Assert.Equal(19 / 20.0, result.Ranks["top_1"], 12);
    }

    [Fact]
    public void Identify_ModelThatGivesAllTheSame_FindsNobody()
    {
        var same = Circle((0, 5), (1, 5), (2, 5), (10, 5), (11, 5));

        var result = IdentificationProtocol.Identify(same, Gallery, [new(10, 100), new(11, 900)], TemplateForm.Plain, "G1");

        Assert.Equal(0, result.Ranks["top_1"]);
        Assert.Equal(0, result.Rates["1e-1"]);
    }

    [Theory]
    [InlineData("The template 77", 77, 100, 100)]
    [InlineData("twice", 10, 100, 100, true)]
    [InlineData("No probe is of a person", 10, 900, 100)]
    public void Identify_WhatCannotBe_IsNamed(string named, int probe, int person, int mate, bool twice = false)
    {
        TemplatePerson[] gallery = twice ? [.. Gallery, new(1, mate)] : Gallery;
        var error = Assert.Throws<TrainingDataException>(() => IdentificationProtocol.Identify(Templates, gallery, [new(probe, person)], TemplateForm.Plain, "G1"));
        Assert.Contains(twice ? "has 2 templates" : named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("T,S\n1,2\n1,3\n", "of the person 3 here and of 2")]
    [InlineData("T,S\n1\n", "line 2 has 1 fields")]
    [InlineData("T,S\nx,3\n", "'x' is no whole number")]
    public void ReadPeople_Wrong_NamesLineAndFinding(string text, string named)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            Assert.Contains(named, Assert.Throws<TrainingDataException>(() => TemplateFiles.ReadPeople(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static TemplateSet Circle(params (int Id, double Degrees)[] templates) => TemplateSet.Aggregate(
        [.. templates.SelectMany(item => (float[])[(float)Math.Cos(item.Degrees * Math.PI / 180), (float)Math.Sin(item.Degrees * Math.PI / 180)])],
        2,
        [.. templates.Select(item => item.Id)],
        new int[templates.Length],
        TemplateForm.Plain);
}
