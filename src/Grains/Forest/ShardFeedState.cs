using FaceCluster.Core;

namespace FaceCluster.Grains.Forest;

/// <summary>What the forest knows of one shard's feed.</summary>
internal sealed class ShardFeedState
{
    private HashSet<FaceId>? _seen;
    private Guid _feed;
    private long _next = -1;
    private (long Epoch, long Start) _latest;

    /// <summary>The faces that came from this shard.</summary>
    public HashSet<FaceId> Faces { get; } = [];

    /// <summary>Whether the forest has all faces of the shard: its own full state has arrived, or that of the shard it came from had.</summary>
    public bool Complete { get; private set; }

    /// <summary>Whether the shard's own full state has arrived.</summary>
    public bool Heard { get; private set; }

    /// <summary>Everything acknowledged up to here is contained.</summary>
    public long LinkedThrough { get; private set; } = -1;

    /// <summary>Whether the message continues what is known; a repeat of a known one is nothing new.</summary>
    public FeedStep Step(ForestChanges changes)
    {
        // A silo that was held up goes on as if nothing had happened, and may send the state of hours ago.
        var latest = (changes.Epoch, changes.Start);
        if (changes.Epoch != 0 && latest.CompareTo(_latest) < 0)
        {
            return FeedStep.Known;
        }

        if (changes.Number == 0 && changes.Feed != _feed)
        {
            _latest = latest;
            _feed = changes.Feed;
            _next = 1;
            _seen = [];
            LinkedThrough = -1;
            return FeedStep.Apply;
        }

        if (changes.Feed != _feed || changes.Number > _next)
        {
            return FeedStep.Missing;
        }

        if (changes.Number < _next)
        {
            return FeedStep.Known;
        }

        _next++;
        return FeedStep.Apply;
    }

    /// <summary>Takes over faces from a shard that was split.</summary>
    public void Inherit(FaceId id) => Faces.Add(id);

    /// <summary>Notes that the shard's faces are there although it has not sent them itself.</summary>
    public void InheritAll() => Complete = true;

    /// <summary>Notes a face of the message.</summary>
    public void Note(FaceId id)
    {
        Faces.Add(id);
        _seen?.Add(id);
    }

    /// <summary>After a message: at the end of a full state, the faces that the shard no longer has.</summary>
    public IReadOnlyList<FaceId> Finish(ForestChanges changes)
    {
        FaceId[] stale = [];
        if (!changes.MoreToCome && _seen is { } seen)
        {
            stale = [.. Faces.Where(id => !seen.Contains(id))];
            Faces.ExceptWith(stale);
            _seen = null;
            Complete = true;
            Heard = true;
        }

        LinkedThrough = Math.Max(LinkedThrough, changes.LinkedThroughLsn);
        return stale;
    }
}

/// <summary>What to do with a message of a feed.</summary>
internal enum FeedStep
{
    Apply,
    Known,
    Missing,
}
