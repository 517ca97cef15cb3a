using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.RecordIo;
using FaceCluster.TrainingData.Tests.Support;
using Xunit;

namespace FaceCluster.TrainingData.Tests.RecordIo;

public sealed class RecordDatasetTests
{
    [Fact]
    public void Open_GoldenSetWithIdentities_GivesPicturesAndLabels()
    {
        using var dataset = RecordDataset.Open(GoldenFiles.At("train.rec"));
        Assert.Equal([0, 0, 1, 1, 2], dataset.Labels.ToArray());
        Assert.Equal(3, dataset.ClassCount);
        CheckPixels(dataset, "train");
    }

    [Fact]
    public void Open_GoldenSetWithoutIdentities_EveryRecordIsAPicture()
    {
        using var dataset = RecordDataset.Open(GoldenFiles.At("plain.rec"));
        Assert.Equal([0, 0, 1], dataset.Labels.ToArray());
        Assert.Equal(2, dataset.ClassCount);
        CheckPixels(dataset, "plain");
    }

    [Fact]
    public void Writer_AnyClasses_ReadBack()
    {
        using var folder = new SyntheticFaces();
        using (var writer = new RecordDatasetWriter(folder.File("set")))
        {
            writer.BeginClass("Ann");
            writer.Add(SyntheticFaces.Jpeg("Ann", 1));
            writer.Add(SyntheticFaces.Jpeg("Ann", 2));
            writer.BeginClass("Ben");
            writer.Add(SyntheticFaces.Jpeg("Ben", 1));
            writer.Complete();
        }

        using var dataset = RecordDataset.Open(folder.File("set"));
        Assert.Equal([0, 0, 1], dataset.Labels.ToArray());
        Assert.Equal("Ben", dataset.ClassName(1));
        Assert.Equal(SyntheticFaces.Jpeg("Ben", 1), dataset.ReadEncoded(2));
        Assert.Equal("2,112,112", File.ReadAllText(folder.File("set/property")).Trim());
        using var file = RecordFile.Open(folder.File("set/train.rec"));
        Assert.Equal([1, 2, 3, 4, 5, 0], file.Keys.ToArray());
        Assert.Equal([4, 6], file.ReadHeader(0).Labels);
        Assert.Equal([1, 3], file.ReadHeader(4).Labels);
    }

    [Theory]
    [InlineData("1,112,112", "label 1")]
    [InlineData("2,96,112", "112x96")]
    [InlineData("two,112,112", "classes,height,width")]
    public void Open_PropertyContradictsRecords_NamesIt(string property, string named)
    {
        using var folder = new SyntheticFaces();
        File.Copy(GoldenFiles.At("plain.rec"), folder.File("train.rec"));
        File.Copy(GoldenFiles.At("plain.idx"), folder.File("train.idx"));
        File.WriteAllText(folder.File("property"), property);
        Assert.Contains(named, Assert.Throws<TrainingDataException>(() => RecordDataset.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1f)]
    [InlineData(0.5f)]
    public void Open_LabelThatIsNoClass_NamesTheRecord(float label)
    {
        using var folder = new SyntheticFaces();
        Write(folder, (0, RecordHeader.Compose([label], 0, 0, SyntheticFaces.Jpeg("Ann", 1))));
        var message = Assert.Throws<TrainingDataException>(() => RecordDataset.Open(folder.File("train.rec"))).Message;
        Assert.Contains("record 0 has the label", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LabelUnlikeItsRange_IsNamed()
    {
        using var folder = new SyntheticFaces();
        Write(
            folder,
            (1, RecordHeader.Compose([0], 1, 0, SyntheticFaces.Jpeg("Ann", 1))),
            (2, RecordHeader.Compose([1], 2, 0, SyntheticFaces.Jpeg("Ben", 1))),
            (3, RecordHeader.Compose([1, 3], 3, 0, [])),
            (0, RecordHeader.Compose([3, 4], 0, 1, [])));
        using var dataset = RecordDataset.Open(folder.File("train.rec"));
        dataset.Read(0).Dispose();
        Assert.Contains("record 2 has the label 1", Assert.Throws<TrainingDataException>(() => dataset.Read(1).Dispose()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RangeBeyondThePictures_IsNamed()
    {
        using var folder = new SyntheticFaces();
        Write(
            folder,
            (1, RecordHeader.Compose([0], 1, 0, SyntheticFaces.Jpeg("Ann", 1))),
            (2, RecordHeader.Compose([1, 9], 2, 0, [])),
            (0, RecordHeader.Compose([2, 3], 0, 1, [])));
        Assert.Contains("pictures 1 to 8", Assert.Throws<TrainingDataException>(() => RecordDataset.Open(folder.File("train.rec"))).Message, StringComparison.Ordinal);
    }

    private static void Write(SyntheticFaces folder, params (long Key, byte[] Payload)[] records)
    {
        using var writer = new RecordWriter(folder.File("train.rec"));
        foreach (var (key, payload) in records)
        {
            writer.Write(key, payload);
        }

        writer.Complete();
    }

    private static void CheckPixels(RecordDataset dataset, string name)
    {
        var images = GoldenFiles.Description.GetProperty(name).GetProperty("records").EnumerateArray().Where(record => record.GetProperty("kind").GetString() == "image").ToArray();
        Assert.Equal(images.Length, dataset.Count);
        var rgb = new byte[112 * 112 * 3];
        for (var i = 0; i < images.Length; i++)
        {
            dataset.ReadRgb(i, rgb);
            var pixel = images[i].GetProperty("decoded_rgb_pixel_row10_col20");
            var mean = images[i].GetProperty("decoded_rgb_mean");
            for (var channel = 0; channel < 3; channel++)
            {
                Assert.InRange(Math.Abs(rgb[(((10 * 112) + 20) * 3) + channel] - pixel[channel].GetInt32()), 0, 2);
                Assert.Equal(mean[channel].GetDouble(), Enumerable.Range(0, 112 * 112).Average(at => (double)rgb[(3 * at) + channel]), 0.5);
            }
        }
    }
}
