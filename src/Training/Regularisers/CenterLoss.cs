using static TorchSharp.torch;

namespace FaceCluster.Training.Regularisers;

/// <summary>Which form <see cref="CenterLoss"/> takes.</summary>
public enum CenterLossVariant
{
    /// <summary>Half the sum of squared distances; centers move by alpha sum(c - x) / (1 + n) (Wen et al. 2016).</summary>
    Paper,

    /// <summary>
    /// Mean squared distance over the batch with entries kept within [1e-12, 1e12]; centers move by plain gradient descent, as the
    /// widely used PyTorch code has it. Its (classes - 1) * 1e-12 for masked entries is part of the value.
    /// </summary>
    Reference,
}

/// <summary>
/// Center loss (Wen et al. 2016): pulls embeddings to a running center of their class. Centers are buffers that this class moves
/// itself, independent of the weight of the loss.
/// </summary>
public sealed class CenterLoss : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly double _rate;
    private readonly CenterLossVariant _variant;

    /// <param name="classCount">Number of classes.</param>
    /// <param name="dimensions">Dimensions of the embedding.</param>
    /// <param name="rate">Alpha of the paper, or the learning rate of the reference's centers; 0.5 in both.</param>
    /// <param name="variant">Form.</param>
    public CenterLoss(int classCount, int dimensions, double rate = 0.5, CenterLossVariant variant = CenterLossVariant.Paper)
        : base(nameof(CenterLoss))
    {
        if (rate is not (>= 0 and <= 10))
        {
            throw new ArgumentException($"regularisers.rate must be 0 to 10, not {rate}.", nameof(rate));
        }

        (_rate, _variant) = (rate, variant);
        register_buffer("centers", zeros(classCount, dimensions));
    }

    /// <summary>[classes, dimensions].</summary>
    public Tensor Centers => get_buffer("centers")!;

    /// <summary>The loss of a batch, a scalar with a gradient to the embeddings; does not move the centers.</summary>
    public override Tensor forward(Tensor embeddings, Tensor labels)
    {
        var square = (embeddings - Centers.index_select(0, labels).to_type(embeddings.dtype)).pow(2).sum(1);
        return _variant == CenterLossVariant.Paper
            ? square.sum() / 2
            : square.clamp(1e-12, 1e12).mean() + (Centers.shape[0] - 1) * 1e-12;
    }

    /// <summary>Moves the centers of the batch's classes; call once per step, after the loss.</summary>
    public void Update(Tensor embeddings, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var centers = Centers;
        var difference = centers.index_select(0, labels) - embeddings.detach().to_type(centers.dtype);
        var sum = zeros_like(centers).index_add_(0, labels, difference, 1);
        if (_variant == CenterLossVariant.Reference)
        {
            centers.sub_(sum * (_rate * 2 / labels.shape[0]));
            return;
        }

        var count = zeros(centers.shape[0], centers.dtype, centers.device).index_add_(0, labels, ones_like(labels, centers.dtype), 1);
        centers.sub_(_rate * sum / (1 + count).unsqueeze(1));
    }

    /// <summary>Nothing: the centers are registered by name.</summary>
    protected override void RegisterComponents()
    {
    }
}
