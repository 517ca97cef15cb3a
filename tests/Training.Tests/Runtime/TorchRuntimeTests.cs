using FaceCluster.Training.Runtime;
using TorchSharp;
using Xunit;

namespace FaceCluster.Training.Tests.Runtime;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void EnsureLoaded_OnThisSystem_ComputesWithoutAnySetting()
    {
        TorchRuntime.EnsureLoaded();

        using var sum = torch.ones(2, 3).sum();
        Assert.Equal(6f, sum.item<float>());
    }

    [Fact]
    public void Explain_LibraryMissing_NamesTheFileAndTheWayOut()
    {
        var sentence = TorchRuntime.Explain(null);

        Assert.Contains("libLibTorchSharp.so is not beside the program", sentence, StringComparison.Ordinal);
        Assert.Contains("./build.sh build", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_NotALibrary_GivesTheLoadersAnswer()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "not a library");

            var sentence = TorchRuntime.Explain(file);

            Assert.Contains(file, sentence, StringComparison.Ordinal);
            Assert.Contains("The loader said", sentence, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Word_SymbolVersionMissing_NamesTheCppLibraryInsteadOfAPackage()
    {
        var sentence = TorchRuntime.Word("libLibTorchSharp.so", "Unable to load\n/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by x)");

        Assert.Contains("newer C++ library", sentence, StringComparison.Ordinal);
        Assert.Contains("GLIBCXX_3.4.32", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("package", sentence, StringComparison.Ordinal);
    }
}
