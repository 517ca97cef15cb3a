using FaceCluster.Vision;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;
using Orleans.Configuration;

namespace FaceCluster.Silo.Startup;

/// <summary>Brings up what reads pictures, or takes its grain out of the silo.</summary>
internal static class InferenceStart
{
    private const string GrainAssembly = "FaceCluster.Grains.Inference";

    /// <summary>Loads and checks the models; null where the server only takes embeddings.</summary>
    /// <exception cref="ServerStartException">A model or the provider asked for cannot be used; the message says why.</exception>
    public static (VisionEngine Engine, VisionOptions Options)? Load(InferenceOptions options)
    {
        if (!options.Enabled)
        {
            return null;
        }

        if (!Enum.TryParse<InferenceProvider>(options.Provider, ignoreCase: true, out var provider))
        {
            throw new ServerStartException($"{nameof(options.Provider)} is '{options.Provider}'; {string.Join(" or ", Enum.GetNames<InferenceProvider>()).ToLowerInvariant()} is needed.");
        }

        var vision = new VisionOptions { ModelDirectory = options.ModelDirectory };
        vision.Runtime.Provider = provider;
        vision.Runtime.AllowCpuFallback = options.AllowCpuFallback;
        options.ConfigureVision?.Invoke(vision);
        try
        {
            return (VisionEngine.Create(vision), vision);
        }
        catch (Exception exception) when (exception is ModelException or ArgumentException)
        {
            throw new ServerStartException($"Pictures cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Keeps a silo without an engine from being asked for one.</summary>
    public static void RemoveGrain(ISiloBuilder silo) => silo.Configure<GrainTypeOptions>(
        types => types.Classes.RemoveWhere(type => type.Assembly.GetName().Name == GrainAssembly));
}
