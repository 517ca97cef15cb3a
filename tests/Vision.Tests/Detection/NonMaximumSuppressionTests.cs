using CsCheck;
using FaceCluster.Vision.Detection;
using FaceCluster.Vision.Geometry;
using Xunit;

namespace FaceCluster.Vision.Tests.Detection;

public sealed class NonMaximumSuppressionTests
{
    private static readonly Gen<Vision.Detection.Detection[]> Sets = Gen.Select(
        Gen.Float[0, 100], Gen.Float[0, 100], Gen.Float[1, 60], Gen.Float[1, 60], Gen.Float[0, 1],
        (x, y, w, h, score) => new Vision.Detection.Detection(new FaceBox(x, y, w, h), score)).Array[0, 40];

    [Fact]
    public void Apply_AnySet_KeepsBoxesThatDoNotOverlapAndDropsOnlyOnesThatABetterCovers() =>
        Sets.Sample(set =>
        {
            var kept = NonMaximumSuppression.Apply(set, 0.4f);
            for (var i = 0; i < kept.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    Assert.True(kept[i].Box.IntersectionOverUnion(kept[j].Box) <= 0.4f);
                }
            }

            Assert.All(set.Except(kept), dropped => Assert.Contains(
                kept, k => k.Score >= dropped.Score && k.Box.IntersectionOverUnion(dropped.Box) > 0.4f));
        });

    [Fact]
    public void Apply_AnotherOrder_KeepsTheSame() =>
        Sets.Sample(set => Assert.Equal(
            NonMaximumSuppression.Apply(set, 0.4f, 0.8f), NonMaximumSuppression.Apply(set.Reverse(), 0.4f, 0.8f)));

    [Fact]
    public void Apply_PartOfAFace_IsDroppedWhereContainmentIsGiven()
    {
        Vision.Detection.Detection whole = new(new FaceBox(0, 0, 100, 130), 0.9f);
        Vision.Detection.Detection part = new(new FaceBox(10, 10, 40, 50), 0.8f);
        Assert.Equal([whole, part], NonMaximumSuppression.Apply([part, whole], 0.4f));
        Assert.Equal([whole], NonMaximumSuppression.Apply([part, whole], 0.4f, 0.8f));
    }
}
