using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>
/// Receives the evaluation-mode computation of a network, operator by operator, in the order in which it runs: what an exporter
/// implements. Values are named by the sink; every method returns the name of its result. Tensors belong to the network and are
/// read before the call returns.
/// </summary>
public interface IGraphSink
{
    /// <summary>Two-dimensional convolution. Weight [out, in / groups, kh, kw]; bias [out] or null; padding equal on both sides.</summary>
    string Conv(string input, Tensor weight, Tensor? bias, long stride, long padding, long groups);

    /// <summary>(x - mean) / sqrt(variance + epsilon) * scale + shift over dimension 1 of a 2-D or 4-D value.</summary>
    string BatchNorm(string input, Tensor scale, Tensor shift, Tensor mean, Tensor variance, double epsilon);

    /// <summary>x where positive, slope[c] * x elsewhere; slope [channels].</summary>
    string PRelu(string input, Tensor slope);

    /// <summary>max(x, 0).</summary>
    string Relu(string input);

    /// <summary>1 / (1 + exp(-x)).</summary>
    string Sigmoid(string input);

    /// <summary>Sum of two values of the same shape.</summary>
    string Add(string left, string right);

    /// <summary>Product of two values, the second spread over dimensions of size 1.</summary>
    string Multiply(string left, string right);

    /// <summary>[N, C, H, W] to [N, C * H * W].</summary>
    string Flatten(string input);

    /// <summary>x * weight^T + bias. Weight [out, in]; bias [out] or null.</summary>
    string Linear(string input, Tensor weight, Tensor? bias);

    /// <summary>[N, C, H, W] to [N, C, 1, 1], the mean over H and W.</summary>
    string GlobalAverage(string input);

    /// <summary>[N, C, H, W] to [N, C, 1, 1], the largest over H and W.</summary>
    string GlobalMaximum(string input);

    /// <summary>[N, C, H, W] to [N, 1, H, W], the mean over C.</summary>
    string ChannelMean(string input);

    /// <summary>[N, C, H, W] to [N, 1, H, W], the largest over C.</summary>
    string ChannelMaximum(string input);

    /// <summary>Values joined along dimension 1.</summary>
    string Concat(string left, string right);
}
