using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>Plain softmax: logits W x + b, lengths of embeddings unconstrained.</summary>
public sealed class SoftmaxHead : Head
{
    /// <param name="classCount">Number of classes, at least 2.</param>
    /// <param name="dimensions">Dimensions of the embedding.</param>
    public SoftmaxHead(int classCount, int dimensions)
        : base(nameof(SoftmaxHead), classCount)
    {
        var weight = empty(classCount, dimensions);
        nn.init.normal_(weight, 0, 0.01);
        register_parameter("weight", new Parameter(weight));
        register_parameter("bias", new Parameter(zeros(classCount)));
    }

    /// <inheritdoc/>
    public override Tensor Weight => get_parameter("weight")!;

    /// <inheritdoc/>
    public override HeadOutput forward(Tensor embeddings, Tensor labels)
    {
        var logits = nn.functional.linear(Widen(embeddings), Weight, get_parameter("bias"));
        return new HeadOutput(nn.functional.cross_entropy(logits, labels), logits, labels, logits.detach(), []);
    }
}
