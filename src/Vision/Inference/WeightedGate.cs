namespace FaceCluster.Vision.Inference;

/// <summary>
/// A semaphore whose holders take different amounts, first come first served: a large picture is not overtaken for
/// ever by small ones.
/// </summary>
internal sealed class WeightedGate
{
    private readonly long _capacity;
    private readonly Lock _lock = new();
    private readonly LinkedList<(long Weight, TaskCompletionSource Turn)> _waiting = [];
    private long _free;

    public WeightedGate(long capacity) => _free = _capacity = capacity;

    /// <summary>Waits until <paramref name="weight"/> is free and takes it; at most the capacity.</summary>
    public async Task EnterAsync(long weight, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, _capacity);
        LinkedListNode<(long, TaskCompletionSource Turn)> node;
        lock (_lock)
        {
            if (_waiting.Count == 0 && weight <= _free)
            {
                _free -= weight;
                return;
            }

            node = _waiting.AddLast((weight, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        await using var registration = cancellationToken.UnsafeRegister(_ => Abandon(node, cancellationToken), null);
        await node.Value.Turn.Task;
    }

    /// <summary>Gives back what was taken.</summary>
    public void Leave(long weight)
    {
        lock (_lock)
        {
            _free += weight;
            Admit();
        }
    }

    private void Abandon(LinkedListNode<(long, TaskCompletionSource Turn)> node, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (node.List is not null)
            {
                _waiting.Remove(node);
                node.Value.Turn.SetCanceled(cancellationToken);
                Admit();
            }
        }
    }

    private void Admit()
    {
        while (_waiting.First is { } first && first.Value.Weight <= _free)
        {
            _free -= first.Value.Weight;
            _waiting.RemoveFirst();
            first.Value.Turn.SetResult();
        }
    }
}
