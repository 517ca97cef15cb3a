using FaceCluster.Grains;

namespace FaceCluster.Gateway;

/// <summary>What the gateway accepts at most, and how it answers. Section <c>Gateway</c> of the configuration.</summary>
public sealed class GatewayOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Gateway";

    /// <summary>Items per block. The contract names 32, so this may only be lowered.</summary>
    public int MaxBlockItems { get; set; } = 32;

    /// <summary>Bytes of one request message; 1 KiB to 1 GiB.</summary>
    public int MaxMessageBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of one answer message; 1 MiB to 1 GiB.</summary>
    public int MaxResponseBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of one picture; at most <see cref="MaxMessageBytes"/>.</summary>
    public int MaxItemBytes { get; set; } = 16 << 20;

    /// <summary>Pixels of one picture. Shown to clients; the inference silos enforce their own, which a server in one process copies here.</summary>
    public long MaxPixels { get; set; } = 36_000_000;

    /// <summary>Faces taken from one frame, best detection score first; 1 to 1000.</summary>
    public int MaxFacesPerFrame { get; set; } = 100;

    /// <summary>Ingest streams at the same time; more are refused with TOO_MANY_STREAMS.</summary>
    public int MaxIngestStreams { get; set; } = 512;

    /// <summary>Blocks of one stream that are worked on at the same time: the start credit.</summary>
    public int MaxInFlightBlocks { get; set; } = 8;

    /// <summary>Bytes of those blocks. A single larger message is still taken, alone.</summary>
    public long MaxInFlightBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of the blocks of all streams together; beyond it streams are read more slowly.</summary>
    public long MaxTotalInFlightBytes { get; set; } = 1L << 30;

    /// <summary>How long a read without a deadline waits for its revision.</summary>
    public TimeSpan MaxRevisionWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an ingest stream goes on when the server stops.</summary>
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The delay that RetryInfo carries where nothing better is known.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Faces that one identity may have.</summary>
    public int MaxFacesPerIdentity { get; set; } = 100_000;

    /// <summary>Whether the collection <c>default</c> comes into being when it is first used.</summary>
    public bool CreateDefaultCollection { get; set; }

    /// <summary>
    /// Settings of a collection that says nothing else. An empty model id takes the model of the inference silos.
    /// </summary>
    public CollectionSettings DefaultSettings { get; set; } = new() { ModelId = string.Empty };

    /// <summary>Calibrations by model id, which turn a cosine into a probability.</summary>
    public IDictionary<string, SimilarityCalibration> Calibrations { get; } = new Dictionary<string, SimilarityCalibration>(StringComparer.Ordinal)
    {
        [SimilarityCalibration.DefaultModelId] = SimilarityCalibration.DefaultModel,
    };

    /// <summary>Refuses every call without a valid API key.</summary>
    public bool RequireApiKey { get; set; }

    /// <summary>Whether gRPC reflection is served; needs the scope read where API keys are in use.</summary>
    public bool Reflection { get; set; } = true;
}
