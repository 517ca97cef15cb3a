using System.Runtime.InteropServices;
using CsCheck;
using FaceCluster.Vision.Imaging;
using Xunit;

namespace FaceCluster.Vision.Tests.Imaging;

public sealed class PlanarWriterTests
{
    [Fact]
    public void WriteRow_AnyWidth_FollowsTheFormula() =>
        Gen.Select(Gen.UInt.Array[1, 70], Gen.Bool, Gen.Float[-10, 200].Array[3], Gen.Float[0.001f, 2].Array[3]).Sample((pixels, bgr, mean, scale) =>
        {
            var planes = new float[(3 * pixels.Length) + 3];
            new PlanarWriter(bgr, mean, scale).WriteRow(pixels, planes, pixels.Length + 1, 1);
            var bytes = MemoryMarshal.AsBytes(pixels.AsSpan());
            for (var plane = 0; plane < 3; plane++)
            {
                for (var x = 0; x < pixels.Length; x++)
                {
                    var channel = bgr ? 2 - plane : plane;
                    Assert.Equal((bytes[(4 * x) + channel] - mean[plane]) * scale[plane], planes[(plane * (pixels.Length + 1)) + 1 + x]);
                }
            }
        });
}
