using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>
/// A part of a network: computes on tensors, and can say what it computes to an exporter. Intermediate tensors belong to the
/// caller's dispose scope; a training step opens one and closes it when its gradients are applied.
/// </summary>
public abstract class Layer(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>Tells the sink what this layer computes in evaluation mode.</summary>
    /// <param name="sink">Receives the operators.</param>
    /// <param name="input">Name of the input value, as the sink gave it.</param>
    /// <returns>Name of the output value.</returns>
    public abstract string Trace(IGraphSink sink, string input);

    /// <summary>Nothing: layers register their parts under the names of the reference, and TorchSharp would add each once more by its field.</summary>
    protected override void RegisterComponents()
    {
    }
}
