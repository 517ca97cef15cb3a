using static TorchSharp.torch;

namespace FaceCluster.Training.Optimisation;

/// <summary>
/// Moves parameters along their gradients. Everything it remembers is in <see cref="State"/>, so a checkpoint continues bit by
/// bit. Not for several threads.
/// </summary>
public abstract class Optimiser(IReadOnlyList<TrainedParameter> parameters) : IDisposable
{
    /// <summary>What is moved.</summary>
    public IReadOnlyList<TrainedParameter> Parameters { get; } = parameters;

    /// <summary>Named tensors that the next step depends on; a checkpoint copies into them.</summary>
    public abstract IEnumerable<(string Name, Tensor Value)> State { get; }

    /// <summary>Takes one step; parameters without a gradient stay.</summary>
    /// <param name="rate">Learning rate, before the factor of a parameter.</param>
    public void Step(double rate)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        Begin();
        for (var i = 0; i < Parameters.Count; i++)
        {
            var item = Parameters[i];
            var gradient = item.Parameter.grad;
            if (gradient is null)
            {
                continue;
            }

            if (item.ActiveRows?.Invoke() is { } rows)
            {
                Rows(i, rows, item, gradient, rate * item.RateFactor);
            }
            else
            {
                Update(item, item.Parameter, gradient, rate * item.RateFactor, Slots(i));
            }
        }
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        foreach (var item in Parameters)
        {
            item.Parameter.grad?.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, value) in State)
        {
            value.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Called once before the parameters of a step.</summary>
    private protected virtual void Begin()
    {
    }

    /// <summary>Tensors of the parameter's shape that belong to it.</summary>
    private protected abstract Tensor[] Slots(int index);

    /// <summary>Changes the value and the slots in place.</summary>
    private protected abstract void Update(TrainedParameter item, Tensor value, Tensor gradient, double rate, Tensor[] slots);

    private protected static Tensor Zeros(Tensor like)
    {
        using var quiet = no_grad();
        return zeros_like(like).DetachFromDisposeScope();
    }

    private void Rows(int index, Tensor rows, TrainedParameter item, Tensor gradient, double rate)
    {
        var slots = Slots(index);
        var value = item.Parameter.index_select(0, rows);
        var parts = slots.Select(slot => slot.index_select(0, rows)).ToArray();
        Update(item, value, gradient.index_select(0, rows), rate, parts);
        item.Parameter.index_copy_(0, rows, value);
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i].index_copy_(0, rows, parts[i]);
        }
    }
}
