using FaceCluster.Training.Layers;
using static TorchSharp.torch;

namespace FaceCluster.Training.Backbones;

/// <summary>
/// A link of a network seen as a chain: it takes only the result of the link before it, so a run whose first links do not change
/// can keep their results.
/// </summary>
/// <param name="Layers">The layers whose weights and statistics the link has.</param>
/// <param name="Run">From the result of the link before to its own.</param>
public sealed record NetworkStage(IReadOnlyList<Layer> Layers, Func<Tensor, Tensor> Run)
{
    /// <summary>
    /// Whether the result for a picture stays the same during a run: no weight is trained, no batch normalisation learns its
    /// statistics or normalises by the batch, nothing is dropped.
    /// </summary>
    public bool IsConstant => Layers.All(layer =>
        layer.parameters().All(parameter => !parameter.requires_grad)
        && layer.modules().Prepend(layer).All(part => part is not BatchNormLayer { FrozenStatistics: false } and not DropoutLayer { IsActive: true }));

    /// <summary>The links of layers that follow one another; sequences within are taken apart.</summary>
    internal static IReadOnlyList<NetworkStage> Chain(IEnumerable<Layer> layers) =>
        [.. layers.SelectMany(Flatten).Select(layer => new NetworkStage([layer], layer.forward))];

    private static IEnumerable<Layer> Flatten(Layer layer) => layer switch
    {
        SequenceLayer sequence => sequence.Layers.SelectMany(Flatten),
        NamedSequence named => named.Layers.SelectMany(Flatten),
        _ => [layer],
    };
}
