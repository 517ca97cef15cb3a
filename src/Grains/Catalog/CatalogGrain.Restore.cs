using Microsoft.Extensions.Logging;

namespace FaceCluster.Grains.Catalog;

/// <summary>What outlives the process that began it: restores and erasures.</summary>
internal sealed partial class CatalogGrain
{
    private readonly RestoreMarks _restores = new(metadata.Values, options.Value.RestorePatience, time);
    private Task _tending = Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask<CollectionInfo> CreateRestoring(string name, CollectionSettings settings)
    {
        CollectionRules.Check(name, settings);
        ThrowIfTaken(name);
        var uid = Guid.NewGuid();
        await _restores.AddAsync(name, uid);
        return await CreateAsync(name, settings, uid);
    }

    /// <inheritdoc/>
    public ValueTask<bool> KeepRestoring(string name, Guid uid)
    {
        _restores.Hear(name, uid);
        return new(_collections.TryGetValue(name, out var info) && info.Uid == uid);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> EndRestoring(string name, Guid uid)
    {
        await _restores.RemoveAsync(name, uid);
        return _collections.TryGetValue(name, out var info) && info.Uid == uid;
    }

    /// <inheritdoc/>
    public async ValueTask Tend()
    {
        if (_tending.IsCompleted)
        {
            _tending = TendAsync();
        }

        await _tending;
    }

    private async Task TendAsync()
    {
        foreach (var (name, uid) in _restores.GivenUp)
        {
            LogRestoreGivenUp(logger, name);
            if (_collections.TryGetValue(name, out var info) && info.Uid == uid)
            {
                await Delete(name);
            }

            await _restores.RemoveAsync(name, uid);
        }

        foreach (var name in _collections.Keys.ToArray())
        {
            await GrainFactory.GetGrain<IErasureGrain>(name).Resume();
        }
    }

    [LoggerMessage(1302, LogLevel.Warning, "The restore into collection {Collection} was given up by whoever ran it; the collection is deleted again.")]
    private static partial void LogRestoreGivenUp(ILogger logger, string collection);
}
