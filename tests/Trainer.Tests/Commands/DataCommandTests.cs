using FaceCluster.Testing.Pictures;
using FaceCluster.Trainer.Tests.Support;
using FaceCluster.Vision.Models;
using Xunit;

namespace FaceCluster.Trainer.Tests.Commands;

public sealed class DataCommandTests
{
    [Fact]
    public async Task Pack_AlignedFaces_InspectsAndVerifies()
    {
        using var faces = new SyntheticFaces().Add("Ann", 3).Add("Ben", 2).Add("Cleo", 1);
        var set = faces.File("set");
        var packed = await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--output", set, "--faces", "aligned", "--min-faces", "2");
        Assert.Equal(5, packed.GetProperty("faces").GetInt32());
        Assert.Equal(2, packed.GetProperty("classes").GetInt32());
        Assert.Equal(1, packed.GetProperty("left_out").GetInt32());
        var summary = await TrainerProcess.JsonAsync("data", "inspect", set);
        Assert.Equal("records", summary.GetProperty("kind").GetString());
        Assert.Equal(5, summary.GetProperty("pictures").GetInt32());
        var report = await TrainerProcess.JsonAsync("data", "verify", set);
        Assert.Equal(0, report.GetProperty("faults").GetArrayLength());
    }

    [Fact]
    public async Task Pack_Pairs_WritesAVerificationSet()
    {
        using var faces = new SyntheticFaces().Add("Ann", 2).Add("Ben", 1);
        File.WriteAllText(faces.File("pairs.txt"), "Ann_0001.png Ann_0002.png 1\nAnn_0001.png Ben_0001.png 0\n");
        var bin = faces.File("pairs.bin");
        var packed = await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--pairs", faces.File("pairs.txt"), "--output", bin, "--faces", "aligned");
        Assert.Equal(2, packed.GetProperty("pairs").GetInt32());
        var summary = await TrainerProcess.JsonAsync("data", "inspect", bin);
        Assert.Equal(1, summary.GetProperty("same_pairs").GetInt32());
        var (code, output, _) = await TrainerProcess.RunAsync("data", "verify", bin);
        Assert.Equal(0, code);
        Assert.Contains("4 pictures, 0 faults", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pack_WholePictures_AlignsThem()
    {
        SkipWithoutModels();
        using var faces = new SyntheticFaces().Add("Ann", 2, size: 160).Add("Ben", 2, size: 200);
        var set = faces.File("set");
        await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--output", set, "--faces", "whole");
        Assert.Equal(0, (await TrainerProcess.JsonAsync("data", "verify", set)).GetProperty("faults").GetArrayLength());
    }

    [Fact]
    public async Task Pack_PhotographWithoutAFace_IsLeftOutAndNamed()
    {
        SkipWithoutModels();
        using var faces = new SyntheticFaces().Add("Ann", 1, size: 160);
        var (code, _, error) = await TrainerProcess.RunAsync("data", "pack", faces.Path, "--output", faces.File("set"));
        Assert.Equal(1, code);
        Assert.Contains("Ann_0001.png: no face was found", error, StringComparison.Ordinal);
        Assert.False(File.Exists(faces.File("set/train.rec")));
    }

    [Fact]
    public async Task Verify_DamagedSet_NamesEveryFaultAndFails()
    {
        using var faces = new SyntheticFaces().Add("Ann", 2).Add("Ben", 2).Add("Cleo", 1);
        File.WriteAllBytes(faces.File("Ann_0002.png"), SyntheticFaces.Png("Ann", 2)[..300]);
        File.WriteAllBytes(faces.File("Ben_0001.png"), SyntheticFaces.Png("Ben", 1, size: 96));
        var (code, output, _) = await TrainerProcess.RunAsync("data", "verify", faces.Path);
        Assert.Equal(1, code);
        Assert.Contains("Ann_0002.png", output, StringComparison.Ordinal);
        Assert.Contains("Ben_0001.png is 96x96 pixels", output, StringComparison.Ordinal);
        Assert.Contains("class Cleo has one picture", output, StringComparison.Ordinal);
        Assert.Contains("5 pictures, 2 faults, 1 notes", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Split_AnySet_PartsPeople()
    {
        using var faces = new SyntheticFaces().Add("Ann", 2).Add("Ben", 2).Add("Cleo", 2).Add("Dan", 2).Add("Eve", 2);
        var (code, output, error) = await TrainerProcess.RunAsync(
            "data", "split", faces.Path, "--first", faces.File("train"), "--second", faces.File("rest"), "--share", "0.6", "--seed", "3");
        Assert.True(code == 0, error);
        Assert.Contains("6 faces of 3 people", output, StringComparison.Ordinal);
        string[] names = [.. File.ReadAllLines(faces.File("train/classes.txt")), .. File.ReadAllLines(faces.File("rest/classes.txt"))];
        Assert.Equal(["Ann", "Ben", "Cleo", "Dan", "Eve"], names.Order());
    }

    [Fact]
    public async Task Pack_RecordFile_KeepsFacesOfPeopleWithEnough()
    {
        using var faces = new SyntheticFaces().Add("Ann", 3).Add("Ben", 3).Add("Cleo", 1);
        var (first, second) = (faces.File("first"), faces.File("second"));
        await TrainerProcess.JsonAsync("data", "pack", faces.Path, "--output", first, "--faces", "aligned");

        var packed = await TrainerProcess.JsonAsync("data", "pack", first, "--output", second, "--min-faces", "2");

        Assert.Equal(2, packed.GetProperty("classes").GetInt32());
        Assert.Equal(6, packed.GetProperty("faces").GetInt32());
        Assert.Equal(1, packed.GetProperty("left_out").GetInt32());
        Assert.Equal(["Ann", "Ben"], File.ReadAllLines(Path.Combine(second, "classes.txt")));
        Assert.Equal(0, (await TrainerProcess.JsonAsync("data", "verify", second)).GetProperty("faults").GetArrayLength());

        var (code, _, error) = await TrainerProcess.RunAsync("data", "pack", first, "--output", first);
        Assert.Equal(1, code);
        Assert.Contains("is the source itself", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Degrade_ASet_ChangesPicturesTheSameWayForTheSameSeed()
    {
        using var faces = new SyntheticFaces().Add("Ann", 3).Add("Ben", 2);
        foreach (var (name, seed) in ((string, string)[])[("one", "1"), ("again", "1"), ("other", "2")])
        {
            var (code, output, error) = await TrainerProcess.RunAsync("data", "degrade", faces.Path, "--output", faces.File(name), "--blur", "1", "--seed", seed);
            Assert.True(code == 0, error);
            Assert.Contains("5 faces of 2 people", output, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await TrainerProcess.JsonAsync("data", "verify", faces.File("one"))).GetProperty("faults").GetArrayLength());
        Assert.Equal(File.ReadAllBytes(faces.File("one/train.rec")), File.ReadAllBytes(faces.File("again/train.rec")));
        Assert.NotEqual(File.ReadAllBytes(faces.File("one/train.rec")), File.ReadAllBytes(faces.File("other/train.rec")));
    }

    [Fact]
    public async Task Speed_AnySet_TimesBatches()
    {
        using var faces = new SyntheticFaces().Add("Ann", 4).Add("Ben", 4);
        var (code, output, error) = await TrainerProcess.RunAsync("data", "speed", faces.Path, "--batch", "4", "--batches", "2", "--augment");
        Assert.True(code == 0, error);
        Assert.True(System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("images_per_second").GetDouble() > 0);
    }

    [Theory]
    [InlineData("data", "inspect", "nowhere")]
    [InlineData("data", "verify", "nowhere.bin")]
    [InlineData("data", "pack", "nowhere", "--output", "x", "--faces", "aligned")]
    public async Task AnyCommand_MissingSource_SaysSo(params string[] arguments)
    {
        var (code, _, error) = await TrainerProcess.RunAsync(arguments);
        Assert.Equal(1, code);
        Assert.Contains("nowhere", error, StringComparison.Ordinal);
    }

    internal static void SkipWithoutModels()
    {
        if (ModelFolder.Find(null) is null)
        {
            Assert.Skip("The default models are not on this machine (./build.sh build fetches them).");
        }

    }
}
