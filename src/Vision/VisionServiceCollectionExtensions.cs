using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Vision;

/// <summary>Registers the engine.</summary>
public static class VisionServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="VisionEngine"/> for the process, also as <see cref="IFacePipeline"/>. It loads its models
    /// when it is first resolved: resolve it while the host starts, so that a model or provider that is missing stops the
    /// start with its sentence.
    /// </summary>
    public static IServiceCollection AddFaceVision(this IServiceCollection services, VisionOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(provider => VisionEngine.Create(options, provider.GetService<ILogger<VisionEngine>>()));
        services.AddSingleton<IFacePipeline>(provider => provider.GetRequiredService<VisionEngine>());
        return services;
    }
}
