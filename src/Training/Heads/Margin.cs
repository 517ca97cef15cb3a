using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>What a margin works on: one batch against the classes in play. All tensors belong to the caller's dispose scope.</summary>
/// <param name="Cosine">Cosine of every embedding to every class weight, [batch, classes], within [-1, 1].</param>
/// <param name="IsTarget">Whether a class is the label of the row, [batch, classes] of bool; a row without a label here is all false.</param>
/// <param name="Target">Cosine to the own class, [batch, 1]; 0 in a row without a label here.</param>
/// <param name="Norm">Length of the raw embedding, [batch, 1].</param>
public sealed record MarginInput(Tensor Cosine, Tensor IsTarget, Tensor Target, Tensor Norm);

/// <summary>What a margin answers.</summary>
/// <param name="Logits">[batch, classes], scaled, before the softmax.</param>
/// <param name="Penalty">A term of the loss beside the cross entropy (already weighted, a scalar), or null.</param>
/// <param name="Measures">Named scalars worth following during a run.</param>
public sealed record MarginOutput(Tensor Logits, Tensor? Penalty = null, params (string Name, Tensor Value)[] Measures);

/// <summary>
/// The rule that turns cosines into logits. A margin owns what it learns or remembers (parameters and buffers), so checkpoints
/// contain it; everything else of the head is shared.
/// </summary>
public abstract class Margin(string name) : nn.Module<MarginInput, MarginOutput>(name)
{
    /// <summary>Nothing: margins register what they keep under stable names.</summary>
    protected override void RegisterComponents()
    {
    }

    /// <summary>Called once before each forward pass of training, for what changes from step to step.</summary>
    internal virtual void NextStep()
    {
    }
}
