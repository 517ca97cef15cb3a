namespace FaceCluster.Gateway.Ingest;

/// <summary>
/// Keeps the blocks of each camera of a stream in order while several are under way: hand-overs to the shard start in
/// order, and acknowledgements are sent in order. Used by the stream's read loop only; the turns are used by the blocks.
/// </summary>
internal sealed class CameraOrder
{
    private const int PruneAbove = 256;

    private readonly Dictionary<string, CameraTurn> _last = new(StringComparer.Ordinal);

    /// <summary>The turn of the next block of a camera.</summary>
    public CameraTurn Next(string camera)
    {
        if (_last.Count > PruneAbove)
        {
            foreach (var (key, turn) in _last)
            {
                if (turn.IsOver)
                {
                    _last.Remove(key);
                }
            }
        }

        return _last[camera] = new CameraTurn(_last.GetValueOrDefault(camera));
    }
}

/// <summary>The place of one block in the order of its camera.</summary>
internal sealed class CameraTurn
{
    private readonly TaskCompletionSource _appendStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _acknowledged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _previousStarted;
    private readonly Task _previousAcknowledged;

    // The tasks of the turn before are kept, not the turn: a chain of turns would never be collected.
    public CameraTurn(CameraTurn? previous)
    {
        IsFirst = previous is null;
        _previousStarted = previous?._appendStarted.Task ?? Task.CompletedTask;
        _previousAcknowledged = previous?._acknowledged.Task ?? Task.CompletedTask;
    }

    /// <summary>A block without neighbours.</summary>
    public static CameraTurn Single() => new(null);

    /// <summary>
    /// Whether the shard may still have to be placed: messages to an activation that exists keep their order, those
    /// that wait for its placement need not. The next block then waits for the end of this one's hand-over.
    /// </summary>
    public bool IsFirst { get; }

    public bool IsOver => _acknowledged.Task.IsCompleted;

    public Task MayAppendAsync() => _previousStarted;

    public void AppendStarted() => _appendStarted.TrySetResult();

    public Task MayAcknowledgeAsync() => _previousAcknowledged;

    public void Acknowledged() => _acknowledged.TrySetResult();
}
