using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>What a head computes of one batch; tensors belong to the caller's dispose scope.</summary>
/// <param name="Loss">Cross entropy of the batch (mean) plus the head's own terms; a scalar with a gradient.</param>
/// <param name="Logits">[batch, classes in play], after margin and scale.</param>
/// <param name="Labels">[batch], positions of the own classes among the classes in play.</param>
/// <param name="Scores">[batch, classes in play], before the margin: the class of a row's largest entry is the prediction. No gradient.</param>
/// <param name="Measures">Named scalars worth following during a run.</param>
public sealed record HeadOutput(Tensor Loss, Tensor Logits, Tensor Labels, Tensor Scores, IReadOnlyList<(string Name, Tensor Value)> Measures);

/// <summary>
/// The classifier that trains a network: from raw embeddings [batch, dimensions] and labels [batch] of int64 to a loss. Computes
/// in single precision at least, whatever the network computed in.
/// </summary>
public abstract class Head(string name, int classCount) : nn.Module<Tensor, Tensor, HeadOutput>(name)
{
    /// <summary>Number of classes.</summary>
    public int ClassCount { get; } = classCount;

    /// <summary>Class weights: rows of the embedding's dimensions, one or more for each class in order.</summary>
    public abstract Tensor Weight { get; }

    /// <summary>
    /// Rows of <see cref="Weight"/> that the last training step used, ascending, or null for all. Optimisers leave other rows and
    /// their momentum alone.
    /// </summary>
    public virtual Tensor? ActiveRows => null;

    /// <summary>Nothing: heads register what they keep under stable names.</summary>
    protected override void RegisterComponents()
    {
    }

    /// <summary>Widens half and bfloat16 embeddings to single precision; leaves others.</summary>
    protected static Tensor Widen(Tensor embeddings) =>
        embeddings.dtype is ScalarType.Float16 or ScalarType.BFloat16 ? embeddings.to_type(ScalarType.Float32) : embeddings;
}
