namespace FaceCluster.Storage.Log;

/// <summary>
/// The threads that write and flush, apart from the thread pool, which a waiting disk would starve. A log is served by one
/// thread at a time; several logs flush side by side, which the file system joins.
/// </summary>
/// <remarks>
/// A monitor rather than a blocking collection: the collection's waiters spin before they sleep, and eight idle threads
/// that spin a thousand times a second took a tenth of the processor from those with work.
/// </remarks>
internal sealed class CommitThreads : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Action> _ready = [];
    private readonly Thread[] _threads;
    private bool _ending;

    public CommitThreads(int count)
    {
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"shard commit {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Has <paramref name="commit"/> run once. It must not throw.</summary>
    public void Schedule(Action commit)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ending, this);
            _ready.Enqueue(commit);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the threads after what is scheduled.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
        {
            thread.Join();
        }
    }

    private void Run()
    {
        while (Next() is { } commit)
        {
            commit();
        }
    }

    private Action? Next()
    {
        lock (_gate)
        {
            Action? commit;
            while (!_ready.TryDequeue(out commit) && !_ending)
            {
                Monitor.Wait(_gate);
            }

            return commit;
        }
    }
}
