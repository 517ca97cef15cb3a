using System.Buffers.Binary;
using CsCheck;
using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.RecordIo;
using FaceCluster.TrainingData.Tests.Support;
using Xunit;

namespace FaceCluster.TrainingData.Tests.RecordIo;

public sealed class RecordFileTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("plain")]
    public void Read_GoldenFile_GivesEveryRecord(string name)
    {
        using var file = RecordFile.Open(GoldenFiles.At(name + ".rec"));
        foreach (var expected in GoldenFiles.Description.GetProperty(name).GetProperty("records").EnumerateArray())
        {
            var key = expected.GetProperty("key").GetInt64();
            var payload = file.Read(key);
            Assert.Equal(expected.GetProperty("payload_sha256").GetString(), GoldenFiles.Sha256(payload));
            var header = RecordHeader.Parse(payload, payload.Length, "golden");
            Assert.Equal(expected.GetProperty("flag").GetUInt32(), header.Flag);
            Assert.Equal(expected.GetProperty("id").GetUInt64(), header.Id);
            Assert.Equal(expected.GetProperty("id2").GetUInt64(), header.Id2);
            var label = expected.GetProperty("label");
            float[] labels = label.ValueKind == System.Text.Json.JsonValueKind.Array ? [.. label.EnumerateArray().Select(item => item.GetSingle())] : [label.GetSingle()];
            Assert.Equal(labels, header.Labels);
            Assert.Equal(labels, file.ReadHeader(key).Labels);
            if (expected.TryGetProperty("jpeg_sha256", out var sha))
            {
                Assert.Equal(sha.GetString(), GoldenFiles.Sha256(payload.AsSpan(header.BodyOffset)));
            }
        }
    }

    [Theory]
    [InlineData("train")]
    [InlineData("plain")]
    public void Write_TheRecordsOfAGoldenFile_GivesItsBytes(string name)
    {
        using var folder = new SyntheticFaces();
        using (var file = RecordFile.Open(GoldenFiles.At(name + ".rec")))
        using (var writer = new RecordWriter(folder.File("copy.rec")))
        {
            foreach (var key in file.Keys)
            {
                writer.Write(key, file.Read(key));
            }

            writer.Complete();
        }

        Assert.Equal(File.ReadAllBytes(GoldenFiles.At(name + ".rec")), File.ReadAllBytes(folder.File("copy.rec")));
        Assert.Equal(File.ReadAllText(GoldenFiles.At(name + ".idx")), File.ReadAllText(folder.File("copy.idx")));
    }

    [Fact]
    public void Write_AnyPayloads_ReadBackWithAndWithoutIndex()
    {
        using var folder = new SyntheticFaces();
        var path = folder.File("any.rec");

        // Bytes of the magic are frequent, so that records are split at many places.
        var piece = Gen.OneOf(Gen.Const(new byte[] { 0x0A, 0x23, 0xD7, 0xCE }), Gen.Byte.Array[0, 9]);
        piece.Array[0, 8].Select(pieces => pieces.SelectMany(bytes => bytes).ToArray()).Array[1, 6].Sample(
            payloads =>
            {
                using (var writer = new RecordWriter(path))
                {
                    for (var i = 0; i < payloads.Length; i++)
                    {
                        writer.Write(i, payloads[i]);
                    }

                    writer.Complete();
                }

                Check(path, payloads);
                File.Delete(Path.ChangeExtension(path, ".idx"));
                Check(path, payloads);
            },
            iter: 300,
            threads: 1);
    }

    [Fact]
    public void Write_NotCompleted_LeavesWhatWasThere()
    {
        using var folder = new SyntheticFaces();
        File.WriteAllText(folder.File("a.rec"), "before");
        using (var writer = new RecordWriter(folder.File("a.rec")))
        {
            writer.Write(0, [1, 2, 3]);
        }

        Assert.Equal("before", File.ReadAllText(folder.File("a.rec")));
        Assert.Equal([folder.File("a.rec")], Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData(0, 0x12345678u, "0x12345678")]
    [InlineData(4, 0x1FFFFFFFu, "bytes")]
    [InlineData(4, 0xC0000004u, "part 6")]
    [InlineData(4, 0x60000004u, "part 3")]
    [InlineData(8, 0x00100000u, "labels")]
    public void Read_CorruptHeader_NamesRecordOffsetAndFinding(int at, uint word, string named)
    {
        using var folder = new SyntheticFaces();
        Copy(folder, "plain");
        var bytes = File.ReadAllBytes(folder.File("plain.rec"));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(3024 + at), word);
        File.WriteAllBytes(folder.File("plain.rec"), bytes);
        using var file = RecordFile.Open(folder.File("plain.rec"));
        var message = Assert.Throws<TrainingDataException>(() =>
        {
            var payload = file.Read(1);
            RecordHeader.Parse(payload, payload.Length, file.Describe(1));
        }).Message;
        Assert.Contains("plain.rec, record 1", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.NotEmpty(file.Read(0));
        Assert.NotEmpty(file.Read(2));
    }

    [Theory]
    [InlineData("0\t0\nx\t3024\n", "line 2")]
    [InlineData("0\t0\n1\t99999\n", "99999")]
    [InlineData("0\t0\n0\t3024\n", "twice")]
    [InlineData("", "no records")]
    public void Open_WrongIndex_NamesTheLine(string index, string named)
    {
        using var folder = new SyntheticFaces();
        Copy(folder, "plain");
        File.WriteAllText(folder.File("plain.idx"), index);
        Assert.Contains(named, Assert.Throws<TrainingDataException>(() => RecordFile.Open(folder.File("plain.rec"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_CutOffWithoutIndex_NamesTheOffset()
    {
        using var folder = new SyntheticFaces();
        File.WriteAllBytes(folder.File("cut.rec"), File.ReadAllBytes(GoldenFiles.At("plain.rec"))[..3030]);
        Assert.Contains("3024", Assert.Throws<TrainingDataException>(() => RecordFile.Open(folder.File("cut.rec"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_RandomBytesInPlaceOfRecords_NeverFailsInAnotherWay()
    {
        using var folder = new SyntheticFaces();
        var path = folder.File("train.rec");
        File.Copy(GoldenFiles.At("property"), folder.File("property"));
        File.Copy(GoldenFiles.At("train.idx"), folder.File("train.idx"));
        var golden = File.ReadAllBytes(GoldenFiles.At("train.rec"));
        Gen.Select(Gen.Int[0, golden.Length - 1], Gen.Byte).Array[1, 5].Sample(
            changes =>
            {
                var bytes = golden.ToArray();
                foreach (var (at, value) in changes)
                {
                    bytes[at] = value;
                }

                File.WriteAllBytes(path, bytes);
                try
                {
                    using var dataset = RecordDataset.Open(path);
                    for (var i = 0; i < dataset.Count; i++)
                    {
                        dataset.Read(i).Dispose();
                    }
                }
                catch (TrainingDataException)
                {
                    // The one way to fail.
                }
            },
            iter: 300,
            threads: 1);
    }

    private static void Check(string path, byte[][] payloads)
    {
        using var file = RecordFile.Open(path);
        Assert.Equal(payloads.Length, file.Keys.Length);
        for (var i = 0; i < payloads.Length; i++)
        {
            Assert.Equal(payloads[i], file.Read(i));
        }
    }

    private static void Copy(SyntheticFaces folder, string name)
    {
        foreach (var extension in (string[])[".rec", ".idx", ".property"])
        {
            File.Copy(GoldenFiles.At(name + extension), folder.File(name + extension));
        }
    }
}
