using System.Text.Json;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Catalog;

/// <summary>
/// Which collections are being filled by a restore. The mark is durable and comes before the collection; that the restore
/// still goes on is known in memory only, so every restore has its patience to report after the catalog opened.
/// </summary>
internal sealed class RestoreMarks(IValueTable values, TimeSpan patience, TimeProvider time)
{
    private const string Key = "restores";
    private readonly Dictionary<string, (Guid Uid, long Heard)> _marks = new(StringComparer.Ordinal);

    /// <summary>Restores that were not heard of for too long.</summary>
    public IReadOnlyList<(string Name, Guid Uid)> GivenUp =>
        [.. _marks.Where(mark => time.GetElapsedTime(mark.Value.Heard) > patience).Select(static mark => (mark.Key, mark.Value.Uid))];

    /// <summary>Reads what is stored.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await values.FindAsync(Key, cancellationToken);
        foreach (var (name, uid) in Read(stored))
        {
            _marks[name] = (uid, time.GetTimestamp());
        }
    }

    /// <summary>Whether a collection is being filled.</summary>
    public bool Holds(string name, Guid uid) => _marks.TryGetValue(name, out var mark) && mark.Uid == uid;

    /// <summary>Marks a collection that is about to be created.</summary>
    public async Task AddAsync(string name, Guid uid)
    {
        await ChangeAsync(marks => marks[name] = uid);
        _marks[name] = (uid, time.GetTimestamp());
    }

    /// <summary>Notes that a restore goes on.</summary>
    public void Hear(string name, Guid uid)
    {
        if (Holds(name, uid))
        {
            _marks[name] = (uid, time.GetTimestamp());
        }
    }

    /// <summary>Removes a mark.</summary>
    public async Task RemoveAsync(string name, Guid uid)
    {
        if (Holds(name, uid))
        {
            await ChangeAsync(marks => marks.Remove(name));
            _marks.Remove(name);
        }
    }

    private static Dictionary<string, Guid> Read(StoredValue? stored) =>
        stored is { } value ? JsonSerializer.Deserialize<Dictionary<string, Guid>>(value.Value.Span) ?? [] : [];

    private async Task ChangeAsync(Action<Dictionary<string, Guid>> change)
    {
        while (true)
        {
            var stored = await values.FindAsync(Key);
            var marks = Read(stored);
            change(marks);
            try
            {
                await values.PutAsync(Key, JsonSerializer.SerializeToUtf8Bytes(marks), stored?.Version ?? 0);
                return;
            }
            catch (MetadataConflictException)
            {
                // Calls interleave: another change came between.
            }
        }
    }
}
