using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Tests.Infrastructure;

namespace FaceCluster.Cli.Tests.Ingest;

public sealed class PhotoFolderTests
{
    [Fact]
    public void Find_InNestedFolders_TakesPicturesAndNamesCamerasByFolder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("door/b.JPG", 1);
        folder.Write("door/a.png", 1);
        folder.Write("door/notes.txt", 1);
        folder.Write("yard/deep/c.webp", 1);
        folder.Write(".hidden/d.jpg", 1);

        var found = PhotoFolder.Find([folder.Path], camera: null);

        Assert.Equal(
            [("door", "a.png"), ("door", "b.JPG"), ("deep", "c.webp")],
            found.Select(photograph => (photograph.Camera, Path.GetFileName(photograph.Path))));
    }

    [Fact]
    public void Find_WithACamera_NamesAllByIt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("door/a.jpg", 1);
        folder.Write("yard/b.jpg", 1);

        Assert.All(PhotoFolder.Find([folder.Path], "gate"), photograph => Assert.Equal("gate", photograph.Camera));
    }

    [Fact]
    public void Find_AFileNamedItself_IsTakenWhateverItIsCalled()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("picture.bin", 1);

        Assert.Equal(file, Assert.Single(PhotoFolder.Find([file, file], null)).Path);
    }

    [Theory]
    [InlineData("no/such/folder")]
    [InlineData("")]
    public void Find_OfNothing_SaysSo(string path)
    {
        using var folder = new TemporaryFolder();

        var failure = Assert.Throws<CliException>(() => PhotoFolder.Find([Path.Combine(folder.Path, path)], null));

        Assert.Equal(ExitCode.NotFound, failure.ExitCode);
    }

    [Fact]
    public async Task ReadAsync_OfTheSameContent_HasTheSameSequenceWhateverTheName()
    {
        using var folder = new TemporaryFolder();
        var (first, copy, other) = (folder.Write("a.jpg", 1, 2, 3), folder.Write("b/c.jpg", 1, 2, 3), folder.Write("d.jpg", 1, 2, 4));
        var cancellation = TestContext.Current.CancellationToken;

        var item = await PhotoItem.ReadAsync(first, cancellation);

        Assert.True(item.Sequence >= 0);
        Assert.Equal([1, 2, 3], item.Frame.ToByteArray());
        Assert.Equal(item.Sequence, (await PhotoItem.ReadAsync(copy, cancellation)).Sequence);
        Assert.NotEqual(item.Sequence, (await PhotoItem.ReadAsync(other, cancellation)).Sequence);
    }
}
