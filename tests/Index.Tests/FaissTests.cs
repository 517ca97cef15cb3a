using FaceCluster.Index.Faiss;
using Xunit;

namespace FaceCluster.Index.Tests;

public sealed class FaissTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("facecluster-faiss").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<FaissIndexKind> Kinds => [.. Enum.GetValues<FaissIndexKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Search_StoredVectors_FindsThemselves(FaissIndexKind kind)
    {
        using var index = Filled(kind, out var vectors);
        var found = index.Search(vectors[7].Concat(vectors[1_500]).ToArray(), 5);
        Assert.Equal(7, found[0][0]);
        Assert.Equal(1_500, found[1][0]);
        Assert.Equal(2_000, index.Count);
        Assert.Equal(32, index.Dimension);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void SaveThenLoad_AnyKind_AnswersTheSame(FaissIndexKind kind)
    {
        using var index = Filled(kind, out var vectors);
        var path = Path.Combine(_folder, "index.faiss");
        index.Save(path);
        using var loaded = FaissIndex.Load(path, index.Options);
        Assert.Equal(index.Search(vectors[3], 8), loaded.Search(vectors[3], 8));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void RemoveAndRange_WhereSupported_Work(FaissIndexKind kind)
    {
        using var index = Filled(kind, out var vectors);
        if (!index.SupportsRemovalAndRange)
        {
            Assert.Throws<FaissException>(() => index.Remove([7]));
            Assert.Throws<FaissException>(() => index.Range(vectors[7], 0.9f));
            return;
        }

        Assert.Contains(7L, index.Range(vectors[7], 0.9f));
        Assert.True(index.Range(vectors[7], -2f).Length > 256);
        Assert.Equal(1, index.Remove([7, 99_999]));
        Assert.DoesNotContain(7L, index.Range(vectors[7], 0.9f));
    }

    [Fact]
    public void Load_NotAnIndex_GivesTheLibrarysReason()
    {
        SkipWithoutFaiss();
        var path = Path.Combine(_folder, "text.faiss");
        File.WriteAllText(path, "this is not an index");
        Assert.StartsWith("Faiss: ", Assert.Throws<FaissException>(() => FaissIndex.Load(path, new FaissIndexOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Problem_BadValue_NamesTheFieldAndTheLimit()
    {
        Assert.Equal("Probes is 0; it must be from 1 to 65536.", new FaissIndexOptions { Probes = 0 }.Problem());
        Assert.Equal("FromRows is 50; it must be from 10000 to 100000000.", new FaissIndexOptions { FromRows = 50 }.Problem());
        Assert.Equal(nameof(FaissIndexOptions.Lists), new FaissIndexOptions { FromRows = 10_000, Lists = 251 }.OutOfRange()?.Option);
        Assert.Null(new FaissIndexOptions { FromRows = 10_000, Lists = 250 }.OutOfRange());
    }

    [Fact]
    public void Problem_WithoutTheLibrary_SaysHowToGetIt()
    {
        if (FaissLibrary.IsAvailable)
        {
            Assert.Null(new FaissIndexOptions().Problem());
            return;
        }

        Assert.Contains("apt-get install libfaiss-dev cmake g++", new FaissIndexOptions().Problem(), StringComparison.Ordinal);
        var error = Assert.Throws<FaissException>(() => new ApproximateIndex(new ExactIndex(8), new FaissIndexOptions(), null));
        Assert.Contains("eng/build-native.sh", error.Message, StringComparison.Ordinal);
    }

    private static FaissIndex Filled(FaissIndexKind kind, out float[][] vectors)
    {
        SkipWithoutFaiss();
        var random = new Random(17);
        vectors = [.. Enumerable.Range(0, 2_000).Select(_ => Faces.Unit(Faces.Gaussian(random, 32, 1)))];
        var flat = vectors.SelectMany(vector => vector).ToArray();
        var index = FaissIndex.Create(32, vectors.Length, new FaissIndexOptions { Kind = kind, Lists = 16, Probes = 16 });
        if (!index.IsTrained)
        {
            index.Train(flat);
        }

        index.Add(flat, [.. Enumerable.Range(0, vectors.Length).Select(i => (long)i)]);
        return index;
    }

    private static void SkipWithoutFaiss()
    {
        if (!FaissLibrary.IsAvailable)
        {
            Assert.Skip(FaissLibrary.UnavailableReason!);
        }
    }
}
