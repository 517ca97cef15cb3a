using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway.Ingest;

/// <summary>What all ingest calls of this gateway share: the number of streams, and the bytes they may hold together.</summary>
internal sealed class IngestLimits(IOptions<GatewayOptions> options)
{
    private int _streams;

    /// <summary>The bytes of all blocks under way.</summary>
    public ByteBudget Bytes { get; } = new(options.Value.MaxTotalInFlightBytes);

    /// <summary>Open streams.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Opens a stream; dispose of the result to close it.</summary>
    public IDisposable OpenStream()
    {
        if (Interlocked.Increment(ref _streams) > options.Value.MaxIngestStreams)
        {
            Interlocked.Decrement(ref _streams);
            throw ApiError.Exception(
                StatusCode.ResourceExhausted,
                ErrorReason.TooManyStreams,
                $"The server has {options.Value.MaxIngestStreams} ingest streams, which is as many as it may.",
                options.Value.RetryDelay);
        }

        return new Slot(this);
    }

    private sealed class Slot(IngestLimits owner) : IDisposable
    {
        private int _closed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
            {
                Interlocked.Decrement(ref owner._streams);
            }
        }
    }
}
