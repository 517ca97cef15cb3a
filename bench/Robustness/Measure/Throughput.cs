using System.Diagnostics;
using System.Globalization;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.Storage.Postgres;
using FaceCluster.Testing;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using NpgsqlTypes;

namespace FaceCluster.Robustness.Measure;

/// <summary>
/// Durable embeddings a second through gRPC into PostgreSQL with one, two and three silos, and beside it what the database
/// takes of the same rows by plain COPY. All on one machine: client, silos and database share its cores.
/// </summary>
public static class Throughput
{
    private const int BlockSize = 32;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    /// <summary>Measures and prints a line each.</summary>
    public static async Task RunAsync(Action<string> print, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(print);
        var copy = await CopyAsync(cancellationToken);
        Print("plain COPY, 4 connections", copy);
        foreach (var silos in new[] { 1, 2, 3 })
        {
            Print($"{silos} silo(s)", await IngestAsync(silos, cancellationToken));
        }

        void Print(string name, double perSecond) =>
            print(string.Create(CultureInfo.InvariantCulture, $"{name,-26} {perSecond,9:#,0} embeddings/s  {perSecond * 2048 / 1e6,6:0} MB/s  ratio {perSecond / copy:0.00}"));
    }

    private static async Task<double> IngestAsync(int silos, CancellationToken cancellationToken)
    {
        await using var cluster = await ClusterUnderTest.TryStartAsync(
            new ClusterShape { Silos = silos, Gateways = 0, CoHostedGateways = true }, cancellationToken)
            ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        using var channels = new Channels(cluster.Addresses);
        var collection = (await new CollectionService.CollectionServiceClient(channels.First).CreateCollectionAsync(
            new CreateCollectionRequest
            {
                CollectionId = "load",
                Collection = new Collection
                {
                    // Clustering is compute and the same wherever the faces are kept; here it is the way to the disk that counts.
                    Settings = new CollectionSettings { ModelId = ClusterUnderTest.ModelId, ShardCount = 12, Clustering = new ClusteringSettings { Disabled = true } },
                },
            },
            cancellationToken: cancellationToken)).Name;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stored = new long[1];
        var load = Enumerable.Range(0, 24)
            .Select(i => SendAsync(channels.All[i % channels.All.Count], collection, $"camera-{i}", stored, stop.Token))
            .ToArray();
        await Task.Delay(WarmUp, cancellationToken);
        var (before, started) = (Volatile.Read(ref stored[0]), Stopwatch.GetTimestamp());
        await Task.Delay(Duration, cancellationToken);
        var perSecond = (Volatile.Read(ref stored[0]) - before) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(load);
        return perSecond;
    }

    private static async Task SendAsync(CallInvoker gateway, string collection, string camera, long[] stored, CancellationToken stop)
    {
        var random = new Random(camera.GetHashCode(StringComparison.Ordinal));
        var values = ByteString.CopyFrom(Bytes(random));
        var client = new IngestService.IngestServiceClient(gateway);
        for (var sequence = 0L; !stop.IsCancellationRequested; sequence += BlockSize)
        {
            var block = new BatchCreateFacesRequest { Parent = collection, Camera = camera };
            for (var i = 0; i < BlockSize; i++)
            {
                block.Items.Add(new IngestItem { Sequence = sequence + i, Embedding = new Embedding { ModelId = ClusterUnderTest.ModelId, Values = values } });
            }

            try
            {
                var answer = await client.BatchCreateFacesAsync(block, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: CancellationToken.None);
                Interlocked.Add(ref stored[0], answer.Acknowledgements.Count(acknowledgement => acknowledgement.Error is null));
            }
            catch (RpcException)
            {
                // Counted by its absence.
            }
        }
    }

    private static async Task<double> CopyAsync(CancellationToken cancellationToken)
    {
        await using var server = await PostgresServer.TryStartAsync() ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        await PostgresMigrations.ApplyAsync(server.ConnectionString, "copying", [], cancellationToken);
        for (var i = 0; i < 4; i++)
        {
            await server.SqlAsync(
                $"CREATE TABLE rows_{i} (lsn bigint, part integer, epoch bigint, type smallint, rows integer, body bytea, PRIMARY KEY (lsn, part, epoch)); ALTER TABLE rows_{i} ALTER COLUMN body SET STORAGE EXTERNAL");
        }

        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => CopyAsync(server, i, cancellationToken), cancellationToken)));
        return counts.Sum() * (double)BlockSize / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<long> CopyAsync(PostgresServer server, int table, CancellationToken cancellationToken)
    {
        var body = new byte[(BlockSize * 2048) + 1900];
        new Random(table).NextBytes(body);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var lsn = 0L;
        while (Stopwatch.GetElapsedTime(started) < Duration)
        {
            // A commit after every 32 rows: about what a group of the store is under load.
            await using var import = await connection.BeginBinaryImportAsync($"COPY rows_{table} FROM STDIN (FORMAT BINARY)", cancellationToken);
            for (var i = 0; i < 32; i++)
            {
                await import.StartRowAsync(cancellationToken);
                await import.WriteAsync(++lsn, NpgsqlDbType.Bigint, cancellationToken);
                await import.WriteAsync(0, NpgsqlDbType.Integer, cancellationToken);
                await import.WriteAsync(1L, NpgsqlDbType.Bigint, cancellationToken);
                await import.WriteAsync((short)1, NpgsqlDbType.Smallint, cancellationToken);
                await import.WriteAsync(BlockSize, NpgsqlDbType.Integer, cancellationToken);
                await import.WriteAsync(body, NpgsqlDbType.Bytea, cancellationToken);
            }

            await import.CompleteAsync(cancellationToken);
        }

        return lsn;
    }

    private static byte[] Bytes(Random random)
    {
        var values = new float[People.Dimension];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.NextDouble() - 0.5);
        }

        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray();
    }
}
