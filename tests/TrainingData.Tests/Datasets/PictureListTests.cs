using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.Datasets;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Datasets;

public sealed class PictureListTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FromFolder_EitherForm_NumbersPeopleByName(bool folders)
    {
        using var faces = new SyntheticFaces().Add("Zoe_Zed", 1, folders).Add("Ann", 2, folders);
        using var dataset = PictureLists.FromFolder(faces.Path);
        Assert.Equal(["Ann", "Zoe_Zed"], Enumerable.Range(0, dataset.ClassCount).Select(dataset.ClassName));
        Assert.Equal([0, 0, 1], dataset.Labels.ToArray());
        Assert.Equal([2, 1], dataset.ClassSizes.ToArray());
        var rgb = new byte[112 * 112 * 3];
        dataset.ReadRgb(2, rgb);
        using var drawn = SyntheticFaces.Draw("Zoe_Zed", 1);
        Assert.Equal(drawn.Pixels[5] & 0xFF, rgb[15]);
        Assert.Equal((drawn.Pixels[5] >> 16) & 0xFF, rgb[17]);
    }

    [Fact]
    public void FromFolder_BothForms_IsRefused()
    {
        using var faces = new SyntheticFaces().Add("Ann", 1).Add("Ben", 1, folders: true);
        Assert.Contains("beside folders", Assert.Throws<TrainingDataException>(() => PictureLists.FromFolder(faces.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromFolder_NameWithoutNumber_IsNamed()
    {
        using var faces = new SyntheticFaces();
        File.WriteAllBytes(faces.File("holiday.png"), SyntheticFaces.Png("Ann", 1));
        Assert.Contains("holiday.png", Assert.Throws<TrainingDataException>(() => PictureLists.FromFolder(faces.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromFolder_Empty_IsRefused()
    {
        using var faces = new SyntheticFaces();
        Assert.Contains("no pictures", Assert.Throws<TrainingDataException>(() => PictureLists.FromFolder(faces.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("path,label\na.png,Ben\nb.png,Ann\n", new[] { 1, 0 }, 2)]
    [InlineData("label,other,path\n3,x,a.png\n0,y,b.png\n", new[] { 3, 0 }, 4)]
    [InlineData("path,label\n\"a.png\",\"Smith, Jane\"\n\nb.png,\"say \"\"Ben\"\"\"\n", new[] { 0, 1 }, 2)]
    public void FromCsv_NamesOrNumbers_GivesLabels(string text, int[] labels, int classes)
    {
        using var faces = new SyntheticFaces();
        File.WriteAllText(faces.File("list.csv"), text);
        using var dataset = PictureLists.FromCsv(faces.File("list.csv"));
        Assert.Equal(labels, dataset.Labels.ToArray());
        Assert.Equal(classes, dataset.ClassCount);
        Assert.Equal(faces.File("a.png"), dataset.Describe(0));
    }

    [Theory]
    [InlineData("path,person\na,b\n", "label")]
    [InlineData("path,label\na.png\n", "line 2")]
    [InlineData("path,label\na.png,-4\n", "-4")]
    [InlineData("path,label\n\"a.png,1\n", "quote")]
    [InlineData("", "path")]
    public void FromCsv_Wrong_NamesWhereAndWhat(string text, string named)
    {
        using var faces = new SyntheticFaces();
        File.WriteAllText(faces.File("list.csv"), text);
        Assert.Contains(named, Assert.Throws<TrainingDataException>(() => PictureLists.FromCsv(faces.File("list.csv"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromList_BothForms_GivesLabels()
    {
        using var faces = new SyntheticFaces();
        File.WriteAllText(faces.File("list.txt"), "a.png  1\nb.png 0 0 0\n");
        using var dataset = PictureLists.FromList(faces.File("list.txt"));
        Assert.Equal([1, 0], dataset.Labels.ToArray());
    }

    [Fact]
    public void Read_NotAligned_NamesPictureAndSizes()
    {
        using var faces = new SyntheticFaces().Add("Ann", 1, size: 96);
        using var dataset = PictureLists.FromFolder(faces.Path);
        var message = Assert.Throws<TrainingDataException>(() => dataset.Read(0).Dispose()).Message;
        Assert.Contains("Ann_0001.png is 96x96", message, StringComparison.Ordinal);
        Assert.Contains("112x112", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoPicture_NamesIt()
    {
        using var faces = new SyntheticFaces().Add("Ann", 2);
        File.WriteAllText(faces.File("Ann_0001.png"), "not a picture");
        File.Delete(faces.File("Ann_0002.png"));
        using var dataset = new PictureListDataset("list", [faces.File("Ann_0001.png"), faces.File("Ann_0002.png")], [0, 0], ["Ann"]);
        Assert.Contains("Ann_0001.png", Assert.Throws<TrainingDataException>(() => dataset.Read(0).Dispose()).Message, StringComparison.Ordinal);
        Assert.Contains("Ann_0002.png", Assert.Throws<TrainingDataException>(() => dataset.Read(1).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_LabelOutOfRange_NamesFaceAndLimit()
    {
        var message = Assert.Throws<TrainingDataException>(() => new PictureListDataset("list", ["a.png"], [2], ["Ann", "Ben"])).Message;
        Assert.Contains("a.png has the label 2", message, StringComparison.Ordinal);
        Assert.Contains("0 to 1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Split_AnySeed_PartsPeopleAndKeepsEveryFace()
    {
        using var faces = new SyntheticFaces();
        var labels = Enumerable.Range(0, 200).Select(i => i % 23).ToArray();
        using var dataset = new PictureListDataset("all", [.. labels.Select((_, i) => $"{i}.png")], labels, [.. Enumerable.Range(0, 23).Select(i => $"p{i}")]);
        var (first, second) = IdentitySplit.Split(dataset, 0.8, seed: 7);
        Assert.Equal((18, 5), (first.ClassCount, second.ClassCount));
        Assert.Equal(200, first.Count + second.Count);
        var people = Enumerable.Range(0, first.ClassCount).Select(first.ClassName).ToHashSet();
        Assert.DoesNotContain(Enumerable.Range(0, second.ClassCount).Select(second.ClassName), people.Contains);
        var (again, _) = IdentitySplit.Split(dataset, 0.8, seed: 7);
        var (other, _) = IdentitySplit.Split(dataset, 0.8, seed: 8);
        Assert.Equal(Enumerable.Range(0, first.Count).Select(first.Describe), Enumerable.Range(0, again.Count).Select(again.Describe));
        Assert.NotEqual(Enumerable.Range(0, first.Count).Select(first.Describe), Enumerable.Range(0, other.Count).Select(other.Describe));
        Assert.All(Enumerable.Range(0, first.Count), i => Assert.Equal(dataset.ClassName(dataset.Labels[first.SourceIndex(i)]), first.ClassName(first.Labels[i])));
    }
}
