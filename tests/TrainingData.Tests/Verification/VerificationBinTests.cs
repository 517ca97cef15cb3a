using CsCheck;
using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.Tests.Support;
using FaceCluster.TrainingData.Verification;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Verification;

public sealed class VerificationBinTests
{
    public static TheoryData<string> Readable { get; } =
        [.. GoldenFiles.Description.GetProperty("verification_files").EnumerateObject().Where(file => file.Value.TryGetProperty("issame", out _)).Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Readable))]
    public void Open_GoldenFile_GivesPicturesAndTruth(string name)
    {
        var expected = GoldenFiles.Description.GetProperty("verification_files").GetProperty(name);
        using var set = VerificationBin.Open(GoldenFiles.At(name));
        Assert.Equal(expected.GetProperty("items").GetInt32(), set.PictureCount);
        Assert.Equal(expected.GetProperty("issame").EnumerateArray().Select(item => item.GetBoolean()), set.Pairs.Select(pair => pair.Same));
        if (expected.GetProperty("items").GetInt32() != 6)
        {
            return;
        }

        // The last picture is the first once more, by reference.
        string[] images = [.. GoldenFiles.Description.GetProperty("image_sha256").EnumerateArray().Select(item => item.GetString()!)];
        Assert.Equal([.. images, images[0]], Enumerable.Range(0, 6).Select(i => GoldenFiles.Sha256(set.ReadEncoded(i))));
        using var picture = set.Read(0);
        Assert.Equal((112, 112), (picture.Width, picture.Height));
    }

    [Fact]
    public void Open_ForeignGlobal_IsRefusedByName()
    {
        var message = Assert.Throws<TrainingDataException>(() => VerificationBin.Open(GoldenFiles.At("verif_must_be_refused.bin"))).Message;
        Assert.Contains("'builtins.len'", message, StringComparison.Ordinal);
        Assert.Contains("refused", message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> Hostile { get; } = new()
    {
        { "'os.system'", [0x80, 2, .. "cos\nsystem\nU\u0002ls\u0085R."u8] },
        { "'posix.system'", [0x80, 4, 0x8C, 5, .. "posix"u8, 0x8C, 6, .. "system"u8, 0x93, (byte)'.'] },
        { "INST", [0x80, 2, (byte)'(', (byte)'i', .. "os\nsystem\n."u8] },
        { "NEWOBJ", [0x80, 2, .. "cnumpy\ndtype\n)"u8, 0x81, (byte)'.'] },
        { "DICT", [0x80, 2, (byte)'}', (byte)'.'] },
        { "PERSID", [0x80, 2, (byte)'P', (byte)'x', (byte)'\n', (byte)'.'] },
        { "offset 2", [0x80, 2, (byte)'e', (byte)'.'] },
        { "protocol 9", [0x80, 9, (byte)'.'] },
        { "0x80", "no pickle"u8.ToArray() },
        { "ends within", [0x80, 2, (byte)'T', 0xFF, 0xFF, 0xFF, 0x7F, 1] },
        { "ends within", [0x80, 2, (byte)'T', 0xFF, 0xFF, 0xFF, 0xFF, 1] },
        { "ends within", [0x80, 4, 0x8E, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1] },
        { "2 pictures and 2 truth values", [0x80, 2, .. "](U\u0001aU\u0001be]("u8, 0x88, 0x88, (byte)'e', 0x86, (byte)'.'] },
        { "truth values", [0x80, 2, .. "](U\u0001aU\u0001be](K\u0007e"u8, 0x86, (byte)'.'] },
        { "pair of lists", [0x80, 2, (byte)']', (byte)'.'] },
        { "something else than encoded pictures", [0x80, 2, .. "](K\u0001K\u0001e]("u8, 0x88, (byte)'e', 0x86, (byte)'.'] },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Open_HostileOrDamaged_NamesWhatIsRefused(string named, byte[] bytes)
    {
        using var folder = new SyntheticFaces();
        File.WriteAllBytes(folder.File("bad.bin"), bytes);
        Assert.Contains(named, Assert.Throws<TrainingDataException>(() => VerificationBin.Open(folder.File("bad.bin"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AnyChangeOfAFile_NeverFailsInAnotherWay()
    {
        using var folder = new SyntheticFaces();
        var golden = File.ReadAllBytes(GoldenFiles.At("verif_p4_numpy_n_npbool.bin"));
        Gen.Select(Gen.Int[0, golden.Length - 1], Gen.Byte, Gen.Int[0, 200]).Array[1, 4].Sample(
            changes =>
            {
                var bytes = golden.ToArray();
                foreach (var (at, value, head) in changes)
                {
                    // Most operations stand at the beginning.
                    bytes[value % 2 == 0 ? at : head] = value;
                }

                File.WriteAllBytes(folder.File("any.bin"), bytes);
                try
                {
                    using var set = VerificationBin.Open(folder.File("any.bin"));
                    for (var i = 0; i < set.PictureCount; i++)
                    {
                        set.Read(i).Dispose();
                    }
                }
                catch (TrainingDataException)
                {
                    // The one way to fail.
                }
            },
            iter: 1000,
            threads: 1);
    }

    [Fact]
    public void Writer_AnyPairs_ReadBack()
    {
        using var folder = new SyntheticFaces();
        using (var writer = new VerificationBinWriter(folder.File("set.bin")))
        {
            writer.Add(SyntheticFaces.Jpeg("Ann", 1), SyntheticFaces.Jpeg("Ann", 2, 224), true);
            writer.Add(SyntheticFaces.Jpeg("Ann", 1), SyntheticFaces.Jpeg("Ben", 1), false);
            writer.Complete();
        }

        using var set = VerificationBin.Open(folder.File("set.bin"));
        Assert.Equal([new VerificationPair(0, 1, true), new VerificationPair(2, 3, false)], set.Pairs);
        Assert.Equal(SyntheticFaces.Jpeg("Ben", 1), set.ReadEncoded(3));
        using var scaled = set.Read(1);
        Assert.Equal((112, 112), (scaled.Width, scaled.Height));
    }

    [Fact]
    public void Read_PictureThatIsNone_NamesIt()
    {
        using var set = VerificationBin.Open(GoldenFiles.At("verif_p2_py2str_short_not_images.bin"));
        Assert.Contains("picture 1", Assert.Throws<TrainingDataException>(() => set.Read(1).Dispose()).Message, StringComparison.Ordinal);
    }
}
