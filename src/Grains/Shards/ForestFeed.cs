using FaceCluster.Core;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Sends a shard's changes to the collection's forest, in order and without gaps. Where the forest misses something
/// (it is new, or a message was lost) the whole state is sent again under a new feed name.
/// </summary>
/// <remarks>Lives on the shard's turn; its loop awaits the forest and interleaves with everything else there.</remarks>
internal sealed partial class ForestFeed(int shard, IForestGrain forest, ForestFeed.ISource source, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private const int PageSize = 1000;
    private readonly HashSet<int> _changed = [];
    private readonly List<FaceId> _deleted = [];
    private readonly List<(long Position, TaskCompletionSource Done)> _waiters = [];
    private Guid _feed = Guid.NewGuid();
    private long _start = 1;
    private long _number;
    private bool _whole = true;
    private int _wholeNext;
    private bool _running;
    private bool _stopped;
    private long _position;
    private long _sentPosition;

    /// <summary>What the feed reads from.</summary>
    public interface ISource
    {
        int FaceCount { get; }

        /// <summary>The face as the forest may know it, or null where it may not yet or no more.</summary>
        FacePlace? Place(int face);

        long LinkedThrough { get; }

        /// <summary>The epoch at the store.</summary>
        long Epoch { get; }
    }

    /// <summary>Everything up to here is in the forest.</summary>
    public long LinkedThrough { get; private set; } = -1;

    /// <summary>Notes a changed face.</summary>
    public void Change(int face)
    {
        _changed.Add(face);
        Wake();
    }

    /// <summary>Notes a deleted face.</summary>
    public void Delete(FaceId id)
    {
        _deleted.Add(id);
        Wake();
    }

    /// <summary>Has the loop run even if only <see cref="ISource.LinkedThrough"/> moved.</summary>
    public void Wake()
    {
        _position++;
        if (!_running && !_stopped)
        {
            _running = true;
            _ = RunAsync();
        }
    }

    /// <summary>Sends the whole state again.</summary>
    public void Restart()
    {
        StartOver();
        Wake();
    }

    /// <summary>Ends the loop after the present message.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (var (_, done) in _waiters)
        {
            done.TrySetException(new DomainException(DomainStatus.Unavailable, "SHARD_CLOSED", "The shard was closed; repeat the call."));
        }

        _waiters.Clear();
    }

    /// <summary>Completes when everything noted so far has arrived at the forest.</summary>
    public Task Flushed()
    {
        if (_sentPosition >= _position)
        {
            return Task.CompletedTask;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiters.Add((_position, done));
        return done.Task;
    }

    private void StartOver()
    {
        _whole = true;
        _wholeNext = 0;
        LinkedThrough = -1;

        // A message under way belongs to the feed that ends here; its answer is ignored.
        _feed = Guid.NewGuid();
        _start++;
    }

    private async Task RunAsync()
    {
        // A caller may note one change after another and only then be consistent: nothing is read in the middle of its turn.
        await Task.Yield();
        var delay = TimeSpan.FromMilliseconds(50);
        try
        {
            while (!_stopped && !stopping.IsCancellationRequested && (_whole || _sentPosition < _position))
            {
                var (message, position) = Compose();
                var feed = _feed;
                try
                {
                    var taken = await forest.Apply(message);
                    if (taken && feed == _feed)
                    {
                        Sent(message, position);
                    }
                    else if (feed == _feed)
                    {
                        StartOver();
                    }

                    delay = TimeSpan.FromMilliseconds(50);
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    if (_stopped || stopping.IsCancellationRequested)
                    {
                        return;
                    }

                    LogForestUnreachable(logger, shard, error);
                    StartOver();
                    await Task.Delay(delay, time);
                    delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
                }
            }
        }
        finally
        {
            _running = false;
        }
    }

    private (ForestChanges Message, long? Position) Compose()
    {
        if (_whole)
        {
            return ComposeWhole();
        }

        var position = _position;
        var places = new List<FacePlace>(Math.Min(_changed.Count, PageSize));
        var taken = new List<int>(places.Capacity);
        foreach (var face in _changed)
        {
            taken.Add(face);
            if (source.Place(face) is { } place)
            {
                places.Add(place);
            }

            if (taken.Count == PageSize)
            {
                break;
            }
        }

        _changed.ExceptWith(taken);
        var all = _changed.Count == 0;
        var deleted = _deleted.ToArray();
        _deleted.Clear();
        var message = new ForestChanges
        {
            Shard = shard,
            Feed = _feed,
            Epoch = source.Epoch,
            Start = _start,
            Number = ++_number,
            Faces = places,
            Deleted = deleted,
            LinkedThroughLsn = all ? source.LinkedThrough : LinkedThrough,
        };
        return (message, all ? position : null);
    }

    private (ForestChanges Message, long? Position) ComposeWhole()
    {
        if (_wholeNext == 0)
        {
            _number = -1;

            // The state read from here on contains every change noted so far.
            _changed.Clear();
            _deleted.Clear();
        }

        var position = _position;
        var places = new List<FacePlace>(PageSize);
        while (_wholeNext < source.FaceCount && places.Count < PageSize)
        {
            if (source.Place(_wholeNext++) is { } place)
            {
                places.Add(place);
            }
        }

        var more = _wholeNext < source.FaceCount;
        var complete = !more && _changed.Count == 0 && _deleted.Count == 0;
        var message = new ForestChanges
        {
            Shard = shard,
            Feed = _feed,
            Epoch = source.Epoch,
            Start = _start,
            Number = ++_number,
            Faces = places,
            MoreToCome = more,
            LinkedThroughLsn = complete ? source.LinkedThrough : -1,
        };
        return (message, complete ? position : null);
    }

    private void Sent(ForestChanges message, long? position)
    {
        if (_whole && !message.MoreToCome)
        {
            _whole = false;
            _wholeNext = 0;
        }

        LinkedThrough = Math.Max(LinkedThrough, message.LinkedThroughLsn);
        if (position is not { } sent)
        {
            return;
        }

        _sentPosition = sent;
        for (var i = _waiters.Count - 1; i >= 0; i--)
        {
            if (_waiters[i].Position <= sent)
            {
                _waiters[i].Done.TrySetResult();
                _waiters.RemoveAt(i);
            }
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "The forest did not take the changes of shard {Shard}; the whole state is sent again.")]
    private static partial void LogForestUnreachable(ILogger logger, int shard, Exception error);
}
