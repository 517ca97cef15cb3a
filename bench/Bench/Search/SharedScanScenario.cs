using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FaceCluster.Bench.Search;

/// <summary>One line of output: some clients searching one shard.</summary>
/// <param name="Name">Always <c>facecluster-shard-search</c>.</param>
/// <param name="Faces">Faces in the shard.</param>
/// <param name="Clients">Concurrent searches of one query each.</param>
/// <param name="ScanBatch">Queries that one scan may serve; 1 is without sharing.</param>
/// <param name="GatherMilliseconds">Longest wait for expected queries; 0 is none.</param>
/// <param name="QueriesPerSecond">Per second of wall time.</param>
/// <param name="P50Milliseconds">Median time of a call.</param>
/// <param name="P99Milliseconds">99th percentile of the time of a call.</param>
/// <param name="QueriesPerScan">Queries that shared a scan, on average.</param>
internal sealed record ShardLoadResult(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("n")] int Faces,
    [property: JsonPropertyName("clients")] int Clients,
    [property: JsonPropertyName("scan_batch")] int ScanBatch,
    [property: JsonPropertyName("gather_ms")] int GatherMilliseconds,
    [property: JsonPropertyName("qps")] double QueriesPerSecond,
    [property: JsonPropertyName("p50_ms")] double P50Milliseconds,
    [property: JsonPropertyName("p99_ms")] double P99Milliseconds,
    [property: JsonPropertyName("queries_per_scan")] double QueriesPerScan);

/// <summary>How queries share scans.</summary>
/// <param name="Batch">Queries that one scan may serve; 1 is without sharing.</param>
/// <param name="GatherMilliseconds">Longest wait for expected queries; 0 is none.</param>
internal readonly record struct ScanSharing(int Batch, int GatherMilliseconds);

/// <summary>
/// Concurrent searches of one shard grain with and without shared scans. The silos take turns in every round, so that
/// other work of the machine meets all of them; a line is the median round.
/// </summary>
internal static class SharedScanScenario
{
    private static readonly ScanSharing[] Sharings = [new(1, 0), new(32, 0), new(32, 2), new(64, 2)];
    private static readonly int[] Clients = [1, 8, 32, 64];

    /// <summary>Arguments: faces (50,000), seconds per measurement (1), rounds (3).</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        double[] numbers = [.. arguments.Where(static argument => !argument.StartsWith('-')).Select(static argument => double.Parse(argument, CultureInfo.InvariantCulture))];
        var faces = (int)numbers.ElementAtOrDefault(0) is > 0 and var wanted ? wanted : 50_000;
        var seconds = numbers.ElementAtOrDefault(1) is > 0 and var time ? time : 1;
        var rounds = (int)numbers.ElementAtOrDefault(2) is > 0 and var times ? times : 3;
        var loads = new List<ShardLoad>();
        try
        {
            foreach (var sharing in Sharings)
            {
                loads.Add(await ShardLoad.StartAsync(faces, sharing));
                await loads[^1].RunAsync(8, 0.3);
            }

            foreach (var clients in Clients)
            {
                var results = loads.ToDictionary(static load => load.Sharing, static _ => new List<ShardLoadResult>());
                for (var round = 0; round < rounds; round++)
                {
                    foreach (var load in loads)
                    {
                        results[load.Sharing].Add(await load.RunAsync(clients, seconds));
                    }
                }

                foreach (var list in results.Values)
                {
                    Console.WriteLine(JsonSerializer.Serialize(list.OrderBy(static result => result.QueriesPerSecond).ElementAt(list.Count / 2)));
                }
            }
        }
        finally
        {
            foreach (var load in loads)
            {
                await load.DisposeAsync();
            }
        }

        return 0;
    }
}
