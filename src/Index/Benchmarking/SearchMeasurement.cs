using System.Text.Json.Serialization;

namespace FaceCluster.Index.Benchmarking;

/// <summary>One line of output: one index at one batch size.</summary>
public sealed record SearchMeasurement
{
    /// <summary>What was measured: <c>facecluster-exact</c>, <c>facecluster-link</c>, ...</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Faces in the index.</summary>
    [JsonPropertyName("n")]
    public required int Faces { get; init; }

    /// <summary>Queries per call.</summary>
    [JsonPropertyName("batch")]
    public required int Batch { get; init; }

    /// <summary>Threads a call may use.</summary>
    [JsonPropertyName("threads")]
    public required int Threads { get; init; }

    /// <summary>Queries per second of wall time.</summary>
    [JsonPropertyName("qps")]
    public required double QueriesPerSecond { get; init; }

    /// <summary>99th percentile of the time of a call, in milliseconds.</summary>
    [JsonPropertyName("p99_ms")]
    public required double P99Milliseconds { get; init; }

    /// <summary>
    /// Processor time of the process per query, in milliseconds: comparable on a busy machine too. Null, and left out of
    /// the line, where only the agreed fields are wanted.
    /// </summary>
    [JsonPropertyName("cpu_ms_per_query")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public required double? CpuMillisecondsPerQuery { get; init; }

    /// <summary>Share of the true neighbours found, against a plain double-precision scan; null where not checked.</summary>
    [JsonPropertyName("recall")]
    public double? Recall { get; init; }

    /// <summary>Seconds to build the index from vectors in memory.</summary>
    [JsonPropertyName("build_s")]
    public double? BuildSeconds { get; init; }

    /// <summary>Largest resident memory of the process, in units of 2^20 bytes.</summary>
    [JsonPropertyName("peak_mb")]
    public double PeakMegabytes { get; init; }
}
