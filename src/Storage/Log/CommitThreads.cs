using System.Collections.Concurrent;

namespace FaceCluster.Storage.Log;

/// <summary>
/// The threads that write and flush, apart from the thread pool, which a waiting disk would starve. A log is served by one
/// thread at a time; several logs flush side by side, which the file system joins.
/// </summary>
internal sealed class CommitThreads : IDisposable
{
    private readonly BlockingCollection<Action> _ready = [];
    private readonly Thread[] _threads;

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
    public void Schedule(Action commit) => _ready.Add(commit);

    /// <summary>Ends the threads after what is scheduled.</summary>
    public void Dispose()
    {
        _ready.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _ready.Dispose();
    }

    private void Run()
    {
        foreach (var commit in _ready.GetConsumingEnumerable())
        {
            commit();
        }
    }
}
