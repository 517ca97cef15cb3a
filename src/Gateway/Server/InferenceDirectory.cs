using FaceCluster.Grains;

namespace FaceCluster.Gateway.Server;

/// <summary>What the cluster can turn pictures into embeddings with, if anything.</summary>
internal sealed class InferenceDirectory(IGrainFactory grains)
{
    /// <summary>The status of an inference engine, or null where no silo carries one.</summary>
    public async ValueTask<InferenceStatus?> FindAsync()
    {
        try
        {
            return await grains.GetGrain<IEmbedGrain>(0).Status();
        }
        catch (ArgumentException)
        {
            // No silo of the cluster has an implementation of the grain.
            return null;
        }
        catch (DomainException exception) when (exception.Status is DomainStatus.FailedPrecondition)
        {
            return null;
        }
    }
}
