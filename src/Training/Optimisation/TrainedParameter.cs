using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Optimisation;

/// <summary>One parameter that an optimiser moves.</summary>
/// <param name="Name">Unique name, as in checkpoints ("network.conv1.weight").</param>
/// <param name="Parameter">The parameter; its gradient is read from it.</param>
/// <param name="WeightDecay">Weight decay of this parameter, not negative.</param>
/// <param name="RateFactor">Factor of the learning rate, not negative.</param>
/// <param name="ActiveRows">
/// Gives the rows that the step used, ascending, or null for all: other rows keep their values and momentum, as partial FC needs.
/// </param>
public sealed record TrainedParameter(string Name, Parameter Parameter, double WeightDecay, double RateFactor = 1, Func<Tensor?>? ActiveRows = null);
