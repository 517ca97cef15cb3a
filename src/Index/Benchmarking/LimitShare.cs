using System.Text.Json.Serialization;

namespace FaceCluster.Index.Benchmarking;

/// <summary>How far a search is from what the machine allows, in processor time per query.</summary>
/// <param name="Name">Always <c>facecluster-limit</c>.</param>
/// <param name="Faces">Faces in the index.</param>
/// <param name="Batch">Queries per call.</param>
/// <param name="BytesPerQuery">Codes, steps and error bounds that a call reads, divided by its queries.</param>
/// <param name="ProductsPerQuery">8-bit multiply-adds of the first pass.</param>
/// <param name="MemoryMilliseconds">Time of those bytes at the measured bandwidth.</param>
/// <param name="ArithmeticMilliseconds">Time of those products at the measured peak.</param>
/// <param name="MeasuredMilliseconds">Processor time per query.</param>
/// <param name="Share">The larger of the two times divided by the measured one: 1 is the limit.</param>
public sealed record LimitShare(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("n")] int Faces,
    [property: JsonPropertyName("batch")] int Batch,
    [property: JsonPropertyName("bytes_per_query")] double BytesPerQuery,
    [property: JsonPropertyName("macs_per_query")] double ProductsPerQuery,
    [property: JsonPropertyName("memory_ms")] double MemoryMilliseconds,
    [property: JsonPropertyName("arithmetic_ms")] double ArithmeticMilliseconds,
    [property: JsonPropertyName("measured_ms")] double MeasuredMilliseconds,
    [property: JsonPropertyName("share_of_limit")] double Share)
{
    private const int ColumnBytes = 2 * sizeof(float);

    /// <summary>Sets a measurement against the limits of the same machine, taken just before it.</summary>
    public static LimitShare Of(MachineLimits limits, SearchMeasurement measured, int dimension)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(measured);
        var bytes = measured.Faces * (double)(dimension + ColumnBytes) / measured.Batch;
        var products = measured.Faces * (double)dimension;
        var memory = bytes / limits.ReadGigabytesPerSecond / 1e6;
        var arithmetic = products / limits.ByteMultiplyAdds / 1e6;
        var time = measured.CpuMillisecondsPerQuery!.Value;
        return new LimitShare(
            "facecluster-limit", measured.Faces, measured.Batch, bytes, products, memory, arithmetic, time, Math.Max(memory, arithmetic) / time);
    }
}
