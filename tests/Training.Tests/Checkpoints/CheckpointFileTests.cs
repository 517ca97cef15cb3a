using FaceCluster.Training.Checkpoints;
using FaceCluster.Training.Tests.Infrastructure;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Checkpoints;

public sealed class CheckpointFileTests : IDisposable
{
    private static readonly CheckpointHeader Header = new() { Architecture = "tiny", Head = "arcface", ClassCount = 3, Step = 7, Position = 7, DataFingerprint = "x", Configuration = "{}" };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_GivesWhatWasSaved()
    {
        using var scope = NewDisposeScope();
        var path = _folder["a.fct"];
        (string, Tensor)[] tensors = [("a", randn(3, 4)), ("b", tensor(new[] { 1L, 2L })), ("c", randn(2, 2, ScalarType.Float64).t()), ("d", randn(5).to_type(ScalarType.BFloat16)), ("e", zeros(0))];

        CheckpointFile.Save(path, Header, tensors);
        var (header, read) = CheckpointFile.Read(path);

        Assert.Equal(Header, header);
        Assert.Equal(Header, CheckpointFile.ReadHeader(path));
        Assert.All(tensors, entry => Assert.True(entry.Item2.contiguous().bytes.SequenceEqual(read[entry.Item1].bytes) && entry.Item2.dtype == read[entry.Item1].dtype));
    }

    [Fact]
    public void Save_OnAFullDisk_KeepsThePreviousCheckpoint()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full to stand for a full disk");
        using var scope = NewDisposeScope();
        var path = _folder["a.fct"];
        CheckpointFile.Save(path, Header, [("a", ones(4))]);
        var before = File.ReadAllBytes(path);
        File.CreateSymbolicLink(path + ".partial", "/dev/full");

        var error = Assert.Throws<CheckpointException>(() => CheckpointFile.Save(path, Header with { Step = 8 }, [("a", zeros(4_000_000))]));

        Assert.Contains("the previous checkpoint is untouched", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.False(File.Exists(path + ".partial"));
    }

    [Theory]
    [InlineData(0, "not a checkpoint")]
    [InlineData(40, "damaged")]
    [InlineData(-100, "damaged")]
    public void Read_OfADamagedFile_IsRefused(int place, string expected)
    {
        using var scope = NewDisposeScope();
        var path = _folder["a.fct"];
        CheckpointFile.Save(path, Header, [("a", ones(100))]);
        var bytes = File.ReadAllBytes(path);
        bytes[place < 0 ? bytes.Length + place : place] ^= 0x04;
        File.WriteAllBytes(path, bytes);

        var error = Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        if (place != 40)
        {
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_OfACutFile_IsRefused()
    {
        using var scope = NewDisposeScope();
        var path = _folder["a.fct"];
        CheckpointFile.Save(path, Header, [("a", ones(1000))]);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..2000]);

        Assert.Contains("damaged", Assert.Throws<CheckpointException>(() => CheckpointFile.Read(path)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<CheckpointException>(() => CheckpointFile.Read(_folder["none.fct"])).Message, StringComparison.Ordinal);
    }
}
