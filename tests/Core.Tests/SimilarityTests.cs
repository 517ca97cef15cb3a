using CsCheck;
using Xunit;

namespace FaceCluster.Core.Tests;

public sealed class SimilarityTests
{
    private static readonly Gen<float[]> Vectors = Gen.Select(Gen.Int[1, 64], Gen.Int[0, int.MaxValue], Gen.Int[-30, 30]).Select(static (eights, seed, exponent) =>
    {
        var random = new Random(seed);
        return Enumerable.Range(0, eights * 8).Select(_ => MathF.ScaleB((random.NextSingle() * 2) - 1, exponent)).ToArray();
    });

    [Fact]
    public void Dot_IsTheLaneSumOfItsDefinition_BitForBit() => Vectors.Sample(vector =>
    {
        var other = vector.Reverse().ToArray();
        var lanes = new double[8];
        for (var i = 0; i < vector.Length; i++)
        {
            lanes[i % 8] += (double)vector[i] * other[i];
        }

        var expected = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(Similarity.Dot(vector, other)));
    });

    [Fact]
    public void Dot_IsSymmetric_BitForBit() => Vectors.Sample(vector =>
    {
        var other = vector.Select(static (x, i) => x * (i % 5)).ToArray();
        Assert.Equal(Similarity.Dot(vector, other), Similarity.Dot(other, vector));
    });

    [Fact]
    public void Normalize_DividesInDoubleAndRoundsOnce() => Vectors.Sample(vector =>
    {
        var unit = new float[vector.Length];
        var magnitude = Similarity.Normalize(vector, unit);
        var length = Math.Sqrt(Similarity.Dot(vector, vector));
        Assert.Equal((float)length, magnitude);
        Assert.Equal(vector.Select(x => (float)(x / length)), unit);
    });

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Normalize_OfAVectorWithoutDirection_WritesNothing(float value)
    {
        var raw = Enumerable.Repeat(value, 16).ToArray();
        var unit = new float[16];
        var magnitude = Similarity.Normalize(raw, unit);
        Assert.False(float.IsFinite(magnitude) && magnitude > 0);
        Assert.All(unit, static x => Assert.Equal(0, x));
    }

    [Fact]
    public void Dot_OfUnequalOrOddLengths_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Similarity.Dot(new float[16], new float[8]));
        Assert.Throws<ArgumentException>(() => Similarity.Dot(new float[12], new float[12]));
    }
}
