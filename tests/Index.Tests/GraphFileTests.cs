using System.IO.Compression;
using FaceCluster.Index.Graph;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class GraphFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("facecluster-index").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task KnnFile_WriteThenRead_KeepsListsAndSinglePrecisionDistances()
    {
        var index = Faces.Index(Faces.Mixture(60, 32, 4, 8));
        index.Tombstone(3);
        var graph = await KnnGraphBuilder.BuildAsync(
            index.Snapshot(), new KnnGraphOptions { K = 12, IncludeSelf = true }, TestContext.Current.CancellationToken);
        var path = Path.Combine(_folder, "faiss_k_12.npz");
        KnnFile.Write(path, graph);
        KnnFile.Write(path, graph);
        var read = KnnFile.Read(path);
        Assert.Equal((60, 12), (read.Count, read.K));
        for (var row = 0; row < 60; row++)
        {
            Assert.Equal(graph.Neighbours(row).ToArray(), read.Neighbours(row).ToArray());
            Assert.Equal(
                graph.Similarities(row).ToArray().Select(value => 1.0 - (float)(1 - value)), read.Similarities(row).ToArray());
        }

        Assert.Empty(read.Neighbours(3).ToArray());
    }

    [Fact]
    public void KnnFile_DoublePrecisionAsLearnToClusterWrites_IsRead()
    {
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2), }\n";
        double[] values = [0, 1, 0.0, 0.25, 1, 0, -1e-7, 1.5];
        Write("knn.npz", "data.npy", [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(c => (byte)c), .. values.SelectMany(BitConverter.GetBytes)]);
        var graph = KnnFile.Read(Path.Combine(_folder, "knn.npz"));
        Assert.Equal([1, 0], graph.Neighbours(1).ToArray());
        Assert.Equal([1.0000001, -0.5], graph.Similarities(1).ToArray());
    }

    [Theory]
    [InlineData("other.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1), }", "no array named 'data'")]
    [InlineData("data.npy", "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2, 1), }", "must be little-endian f4 or f8")]
    [InlineData("data.npy", "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2, 1), }", "must be little-endian f4 or f8")]
    [InlineData("data.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (900000000, 2, 80), }", "does not fit")]
    public void KnnFile_OtherContents_SaysWhatIsWrong(string entry, string header, string problem)
    {
        Write("bad.npz", entry, [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(c => (byte)c), 0, 0, 0, 0, 0, 0, 0, 0]);
        var error = Assert.Throws<InvalidDataException>(() => KnnFile.Read(Path.Combine(_folder, "bad.npz")));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void KnnFile_NotAnArchive_SaysSo()
    {
        File.WriteAllText(Path.Combine(_folder, "text.npz"), "not a zip archive");
        var error = Assert.Throws<InvalidDataException>(() => KnnFile.Read(Path.Combine(_folder, "text.npz")));
        Assert.Contains("not an .npz archive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VectorFile_WriteThenRead_KeepsRowsAndLabels()
    {
        var rows = Faces.Mixture(5, 16, 1, 1).SelectMany(row => row).ToArray();
        VectorFile.Write(Path.Combine(_folder, "a.bin"), rows);
        VectorFile.WriteLabels(Path.Combine(_folder, "a.meta"), [3, -1, 0, 7, 7]);
        Assert.Equal(rows, VectorFile.Read(Path.Combine(_folder, "a.bin"), 16));
        Assert.Equal([3, -1, 0, 7, 7], VectorFile.ReadLabels(Path.Combine(_folder, "a.meta")));
        var wrong = Assert.Throws<InvalidDataException>(() => VectorFile.Read(Path.Combine(_folder, "a.bin"), 24));
        Assert.Contains("not a whole number of rows of 24", wrong.Message, StringComparison.Ordinal);
        File.WriteAllLines(Path.Combine(_folder, "b.meta"), ["1", "x"]);
        var label = Assert.Throws<InvalidDataException>(() => VectorFile.ReadLabels(Path.Combine(_folder, "b.meta")));
        Assert.Contains("line 2: 'x'", label.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VectorFileIndex_ZeroRow_IsRefusedByNumber()
    {
        var index = VectorFile.Index([3, 0, 0, 0, 0, 0, 0, 4], 8);
        Assert.Equal(5f, index.Snapshot().Face(0).Magnitude);
        var error = Assert.Throws<InvalidDataException>(() => VectorFile.Index([1, 0, 0, 0, 0, 0, 0, 0, .. new float[8]], 8));
        Assert.Contains("Row 1", error.Message, StringComparison.Ordinal);
    }

    private void Write(string name, string entry, byte[] contents)
    {
        using var archive = ZipFile.Open(Path.Combine(_folder, name), ZipArchiveMode.Create);
        using var stream = archive.CreateEntry(entry).Open();
        stream.Write(contents);
    }
}
