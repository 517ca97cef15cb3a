using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>The camera slots of a shard, see <see cref="CameraSlot"/>. They never change while it lives.</summary>
/// <param name="Number">The shard's number, which no other shard of the collection ever has.</param>
/// <param name="FirstSlot">The first slot.</param>
/// <param name="EndSlot">The slot after the last one.</param>
[GenerateSerializer, Immutable, Alias("fc.ShardRange")]
public sealed record ShardRange([property: Id(0)] int Number, [property: Id(1)] int FirstSlot, [property: Id(2)] int EndSlot);

/// <summary>A shard that was split: its place is taken by two others.</summary>
/// <param name="Range">What it had.</param>
/// <param name="Left">Number of the shard that has the lower slots.</param>
/// <param name="LeftLsn">Its position when it took over: everything the split shard had acknowledged is at or before it.</param>
/// <param name="Right">Number of the shard that has the upper slots.</param>
/// <param name="RightLsn">Its position when it took over.</param>
/// <param name="Dropped">Whether its store is gone.</param>
[GenerateSerializer, Immutable, Alias("fc.RetiredShard")]
public sealed record RetiredShard(
    [property: Id(0)] ShardRange Range,
    [property: Id(1)] int Left,
    [property: Id(2)] long LeftLsn,
    [property: Id(3)] int Right,
    [property: Id(4)] long RightLsn,
    [property: Id(5)] bool Dropped);

/// <summary>A split that is being prepared; reads and writes still go to the shard that is split.</summary>
/// <param name="Id">Names this attempt; another activation that takes the shard over starts one of its own.</param>
/// <param name="Shard">The shard that is split.</param>
/// <param name="Cut">The first slot of the right half.</param>
/// <param name="Left">Number that the lower half will have.</param>
/// <param name="Right">Number that the upper half will have.</param>
[GenerateSerializer, Immutable, Alias("fc.ShardSplit")]
public sealed record ShardSplit(
    [property: Id(0)] Guid Id, [property: Id(1)] int Shard, [property: Id(2)] int Cut, [property: Id(3)] int Left, [property: Id(4)] int Right);

/// <summary>
/// Which shard has which slots. The ranges of the shards tile all slots, and a number stands for the same range for ever:
/// whoever asked every shard of one map, and got an answer from each, has asked about every face.
/// </summary>
[GenerateSerializer, Immutable, Alias("fc.ShardMap")]
public sealed record ShardMap
{
    /// <summary>Most shards that a collection grows to.</summary>
    public const int MaxShards = 1024;

    /// <summary>0 at creation, one more with each change.</summary>
    [Id(0)]
    public long Version { get; init; }

    /// <summary>The shards in order of their slots.</summary>
    [Id(1)]
    public required IReadOnlyList<ShardRange> Shards { get; init; }

    /// <summary>Shards that were split, oldest first.</summary>
    [Id(2)]
    public IReadOnlyList<RetiredShard> Retired { get; init; } = [];

    /// <summary>The split under way, or null; one at a time.</summary>
    [Id(3)]
    public ShardSplit? Splitting { get; init; }

    /// <summary>The number that the next new shard gets.</summary>
    [Id(4)]
    public int NextNumber { get; init; }

    /// <summary>Splits that were broken off and whose halves may still have stores.</summary>
    [Id(5)]
    public IReadOnlyList<ShardSplit> Abandoned { get; init; } = [];

    /// <summary>The map of a new collection: the slots divided evenly.</summary>
    public static ShardMap Even(int shards)
    {
        var ranges = new ShardRange[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            ranges[shard] = new ShardRange(shard, First(shard), First(shard + 1));
        }

        return new ShardMap { Shards = ranges, NextNumber = shards };

        int First(int shard) => ((shard * CameraSlot.Count) + shards - 1) / shards;
    }

    /// <summary>The shard of a slot.</summary>
    public ShardRange OfSlot(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slot);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(slot, CameraSlot.Count);
        var (low, high) = (0, Shards.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Shards[middle].EndSlot <= slot ? (middle + 1, high) : (low, middle);
        }

        return Shards[low];
    }

    /// <summary>The range of a shard that lives, or null.</summary>
    public ShardRange? Find(int number) => Shards.FirstOrDefault(shard => shard.Number == number);

    /// <summary>The record of a shard that was split, or null.</summary>
    public RetiredShard? FindRetired(int number) => Retired.FirstOrDefault(shard => shard.Range.Number == number);

    /// <summary>
    /// What living shards have to contain so that a position of any shard is contained: for one that was split, all that its
    /// successors took over.
    /// </summary>
    public IEnumerable<ShardRevision> Expand(ShardRevision revision) =>
        FindRetired(revision.Shard) is { } retired
            ? Expand(new ShardRevision(retired.Left, retired.LeftLsn)).Concat(Expand(new ShardRevision(retired.Right, retired.RightLsn)))
            : [revision];

    /// <summary>With the intent to split a shard; null where it does not live, cannot be cut there, or another split is under way.</summary>
    public ShardMap? Begin(int shard, int cut, Guid id) =>
        Splitting is null && Shards.Count < MaxShards && Find(shard) is { } range && cut > range.FirstSlot && cut < range.EndSlot
            ? this with { Version = Version + 1, Splitting = new ShardSplit(id, shard, cut, NextNumber, NextNumber + 1), NextNumber = NextNumber + 2 }
            : null;

    /// <summary>With the two halves in the place of the shard; null where this attempt is not the one under way.</summary>
    public ShardMap? Commit(Guid id, long leftLsn, long rightLsn)
    {
        if (Splitting is not { } split || split.Id != id)
        {
            return null;
        }

        var range = Find(split.Shard)!;
        return this with
        {
            Version = Version + 1,
            Splitting = null,
            Shards =
            [
                .. Shards.SelectMany(shard => shard.Number != split.Shard ? [shard] : new ShardRange[]
                {
                    new(split.Left, range.FirstSlot, split.Cut),
                    new(split.Right, split.Cut, range.EndSlot),
                }),
            ],
            Retired = [.. Retired, new RetiredShard(range, split.Left, leftLsn, split.Right, rightLsn, Dropped: false)],
        };
    }

    /// <summary>Without the intent, whose halves are noted as abandoned; null where this attempt is not the one under way.</summary>
    public ShardMap? Abort(Guid id) => Splitting is { } split && split.Id == id
        ? this with { Version = Version + 1, Splitting = null, Abandoned = [.. Abandoned, split] }
        : null;

    /// <summary>Splits that concern a shard and left stores behind that nobody reads.</summary>
    public IEnumerable<int> Leftovers(int shard) =>
        [
            .. Retired.Where(retired => !retired.Dropped && (retired.Left == shard || retired.Right == shard)).Select(static retired => retired.Range.Number),
            .. Abandoned.Where(split => split.Shard == shard || Find(split.Shard) is null).SelectMany(static split => new[] { split.Left, split.Right }),
        ];

    /// <summary>With the note that the store of a split shard, or of half of an abandoned split, is gone; null where there is nothing to note.</summary>
    public ShardMap? Drop(int number) =>
        FindRetired(number) is { Dropped: false } retired
            ? this with { Version = Version + 1, Retired = [.. Retired.Select(shard => shard == retired ? shard with { Dropped = true } : shard)] }
        : Abandoned.Any(split => split.Right == number)

            // The left half's store goes first.
            ? this with { Version = Version + 1, Abandoned = [.. Abandoned.Where(split => split.Right != number)] }
            : null;
}
