using static TorchSharp.torch;

namespace FaceCluster.Training.Optimisation;

/// <summary>
/// An exponential moving average of a network's floating-point state (parameters and running statistics), often a better model
/// than the last step. The memory grows to its full length over the first steps: min(decay, (1 + n) / (10 + n)).
/// </summary>
public sealed class MovingAverage : IDisposable
{
    private readonly nn.Module _network;
    private readonly double _decay;
    private readonly Dictionary<string, Tensor> _average;
    private readonly Tensor _steps;

    /// <param name="network">The network that is followed.</param>
    /// <param name="decay">Share of the average kept in a step, 0 to below 1.</param>
    public MovingAverage(nn.Module network, double decay)
    {
        (_network, _decay) = (network, decay);
        using var quiet = no_grad();
        _average = network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());
        _steps = zeros(1, ScalarType.Int64).DetachFromDisposeScope();
    }

    /// <summary>Named tensors, for checkpoints: the averages under the names of the network's state, and the number of steps.</summary>
    public IEnumerable<(string Name, Tensor Value)> State => _average.Select(entry => (entry.Key, entry.Value)).Append(("ema_steps", _steps));

    /// <summary>Takes the network's present state into the average.</summary>
    public void Update()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        _steps.add_(1);
        var steps = (double)_steps.item<long>();
        var decay = Math.Min(_decay, (1 + steps) / (10 + steps));
        foreach (var (name, value) in _network.state_dict())
        {
            _average[name].mul_(decay).add_(value, alpha: 1 - decay);
        }
    }

    /// <summary>Copies the average into a network of the same shape.</summary>
    public void CopyTo(nn.Module network)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (name, value) in network.state_dict())
        {
            value.copy_(_average[name]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, value) in State)
        {
            value.Dispose();
        }
    }
}
