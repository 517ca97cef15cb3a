using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.Verification;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Verification;

public sealed class PairListTests
{
    [Theory]
    [InlineData("2\t1\nAnn\t1\t2\nAnn\t1\tBen\t1\n")]
    [InlineData("Ann_0001.png Ann_0002.png 1\nAnn_0001.png Ben_0001.png 0\n")]
    public void Open_EitherForm_GivesPairs(string text)
    {
        using var faces = new SyntheticFaces().Add("Ann", 2).Add("Ben", 1);
        File.WriteAllText(faces.File("pairs.txt"), text);
        using var list = PairList.Open(faces.File("pairs.txt"), faces.Path);
        Assert.Equal([new VerificationPair(0, 1, true), new VerificationPair(0, 2, false)], list.Pairs);
        Assert.Equal("Ben_0001.png", Path.GetFileName(list.Paths[2]));
        using var picture = list.Read(2);
        Assert.Equal(112, picture.Width);
    }

    [Theory]
    [InlineData("Ann_0001.png Ann_0002.png 2\n", "line 1")]
    [InlineData("Ann 1 2\nAnn 1 Cleo 7\n", "line 2: there is no picture Cleo_0007.jpg")]
    [InlineData("Ann 1\n", "line 1")]
    [InlineData("10 300\n", "no pairs")]
    public void Open_Wrong_NamesLineAndFinding(string text, string named)
    {
        using var faces = new SyntheticFaces().Add("Ann", 2);
        File.WriteAllText(faces.File("pairs.txt"), text);
        Assert.Contains(named, Assert.Throws<TrainingDataException>(() => PairList.Open(faces.File("pairs.txt"), faces.Path)).Message, StringComparison.Ordinal);
    }
}
