using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Infrastructure;

internal static class TensorExtensions
{
    /// <summary>The one entry of a tensor of this type as a number.</summary>
    public static double item<T>(this Tensor tensor, ScalarType type)
        where T : unmanaged => type == ScalarType.Float64 ? tensor.item<double>() : tensor.item<float>();
}
