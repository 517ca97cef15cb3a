namespace FaceCluster.Grains.Tests;

/// <summary>Lets a share of the calls between shards fail, before or after they took effect.</summary>
public sealed class LinkChaos
{
    private readonly Lock _lock = new();
    private Random? _random;

    /// <summary>Starts failing every fifth call or so, by seed.</summary>
    public void Start(int seed) => _random = new Random(seed);

    /// <summary>Stops failing.</summary>
    public void Stop() => _random = null;

    internal bool Strikes()
    {
        lock (_lock)
        {
            return _random is { } random && random.Next(5) == 0;
        }
    }
}

/// <summary>Applies <see cref="LinkChaos"/> to the calls that keep the forest consistent.</summary>
internal sealed class LinkChaosFilter(LinkChaos chaos) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        var concerned = context.MethodName is nameof(IShardGrain.Link) or nameof(IShardGrain.Forget) or nameof(IForestGrain.Apply);
        if (concerned && chaos.Strikes())
        {
            throw new TimeoutException("The message was lost on the way.");
        }

        await context.Invoke();
        if (concerned && chaos.Strikes())
        {
            throw new TimeoutException("The answer was lost on the way.");
        }
    }
}
