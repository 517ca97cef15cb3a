namespace FaceCluster.Index.Storage;

/// <summary>
/// Says when no scan can be reading any more what was taken out of searches: each scan counts itself in and out, and an
/// action waits until every scan that was running when it was handed in has ended.
/// </summary>
/// <remarks>
/// Scans that begin later do not hold an action up, so a shard that is never idle still gets its rows erased. Actions
/// run one at a time and in order, under the lock that beginning a scan takes: they must be short and must not throw.
/// </remarks>
internal sealed class ScanEpochs
{
    private readonly Lock _lock = new();
    private readonly List<Epoch> _epochs = [new()];

    /// <summary>Counts a scan in until the result is disposed.</summary>
    public Lease Enter()
    {
        lock (_lock)
        {
            var epoch = _epochs[^1];
            epoch.Scans++;
            return new Lease(this, epoch);
        }
    }

    /// <summary>Runs the action once all scans of now have ended: before this returns where there is none.</summary>
    public void AfterScans(Action action)
    {
        lock (_lock)
        {
            if (_epochs.Count == 1 && _epochs[0].Scans == 0)
            {
                action();
                return;
            }

            // The newest epoch is the one that later scans join; while nobody has, the one before is the last to wait for.
            if (_epochs[^1].Scans > 0)
            {
                _epochs.Add(new Epoch());
            }

            _epochs[^2].After.Add(action);
        }
    }

    private void Exit(Epoch epoch)
    {
        lock (_lock)
        {
            epoch.Scans--;
            while (_epochs.Count > 1 && _epochs[0].Scans == 0)
            {
                var ended = _epochs[0];
                _epochs.RemoveAt(0);
                foreach (var action in ended.After)
                {
                    action();
                }
            }
        }
    }

    /// <summary>One scan; disposed once.</summary>
    public readonly struct Lease(ScanEpochs owner, Epoch epoch) : IDisposable
    {
        public void Dispose() => owner.Exit(epoch);
    }

    /// <summary>The scans that began between two actions.</summary>
    public sealed class Epoch
    {
        internal int Scans { get; set; }

        internal List<Action> After { get; } = [];
    }
}
