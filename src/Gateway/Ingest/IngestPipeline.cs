using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Ingest;

/// <summary>What every ingest stream works with.</summary>
internal sealed record IngestPipeline(
    CollectionDirectory Collections,
    BlockProcessor Blocks,
    IngestLimits Limits,
    ErrorMapper Errors,
    GatewayInstruments Instruments,
    IHostApplicationLifetime Lifetime,
    IOptions<GatewayOptions> GatewayOptions)
{
    public GatewayOptions Options => GatewayOptions.Value;
}
