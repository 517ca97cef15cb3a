using System.Globalization;
using FaceCluster.Storage.Tests.Recovery;
using FaceCluster.Storage.Tests.Support;

namespace FaceCluster.Storage.Tests.Directories;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Second_open_names_the_directory_and_the_process()
    {
        using var first = DataDirectory.Open(_folder.Path);

        var error = Assert.Throws<DataDirectoryInUseException>(() => DataDirectory.Open(_folder.Path));

        Assert.Contains($"'{_folder.Path}' is in use by process {Environment.ProcessId} ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_of_another_process_is_refused_until_that_is_killed()
    {
        using var process = WriterProcess.Start(_folder.Path);
        Assert.NotNull(await process.StandardOutput.ReadLineAsync(Token));

        var error = Assert.Throws<DataDirectoryInUseException>(() => DataDirectory.Open(_folder.Path));
        process.Kill();
        await process.WaitForExitAsync(Token);

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"process {process.Id} "), error.Message, StringComparison.Ordinal);
        using var mine = DataDirectory.Open(_folder.Path);
    }

    [Fact]
    public void Directory_is_created_for_its_owner_only_and_free_after_disposal()
    {
        var path = _folder.File("a/b");
        DataDirectory.Open(path).Dispose();
        using var again = DataDirectory.Open(path);

        Assert.Equal(path, again.Path);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public void Too_little_space_is_refused_with_both_figures()
    {
        var error = Assert.Throws<DataDirectoryException>(
            () => DataDirectory.Open(_folder.Path, new DataDirectoryOptions { MinFreeBytes = long.MaxValue }));

        Assert.Contains($"at least {long.MaxValue >> 20} MiB are required", error.Message, StringComparison.Ordinal);
        DataDirectory.Open(_folder.Path).Dispose();
    }

    [Theory]
    [InlineData("""{"Version":2}""", "has format 2")]
    [InlineData("nonsense", "is damaged")]
    public void Unknown_format_is_refused(string format, string said)
    {
        DataDirectory.Open(_folder.Path).Dispose();
        File.WriteAllText(_folder.File("format.json"), format);

        Assert.Contains(said, Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_a_format_is_refused()
    {
        File.WriteAllText(_folder.File("metadata.db"), "");

        Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(_folder.Path));
    }

    [Fact]
    public void File_in_place_of_a_directory_is_refused()
    {
        File.WriteAllText(_folder.File("file"), "");

        Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(_folder.File("file")));
    }
}
