using System.Diagnostics;
using System.Globalization;
using FaceCluster.Robustness.Load;
using FaceCluster.Robustness.Processes;
using FaceCluster.Testing;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.Robustness.Measure;

/// <summary>
/// Durable embeddings a second through gRPC into PostgreSQL with one, two and three silos, and beside it what the database
/// takes of the same rows by plain COPY. All on one machine: client, silos and database share its cores.
/// </summary>
public static class Throughput
{

    /// <summary>Several processes on few cores compile their methods twice; before that is done one measures the compiler.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    /// <summary>Measures and prints a line each.</summary>
    /// <param name="shapes">Numbers of silos, 1 or more each.</param>
    /// <param name="print">Told each line.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(IReadOnlyList<int> shapes, Action<string> print, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        ArgumentNullException.ThrowIfNull(print);
        var copy = await CopyAsync(cancellationToken);
        print(string.Create(CultureInfo.InvariantCulture, $"plain COPY, 4 connections {copy,9:#,0} embeddings/s"));
        foreach (var silos in shapes)
        {
            var one = await IngestAsync(silos, cancellationToken);
            print(string.Create(
                CultureInfo.InvariantCulture,
                $"{silos} silo(s)                 {one.PerSecond,9:#,0} embeddings/s  ratio {one.PerSecond / copy:0.00}  processor per embedding: {one.Client:0} us client, {one.Silos:0} us silos, {one.Database:0} us database"));
        }
    }

    private static async Task<Ingested> IngestAsync(int silos, CancellationToken cancellationToken)
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
        var (before, used, started) = (Volatile.Read(ref stored[0]), Processor(), Stopwatch.GetTimestamp());
        await Task.Delay(Duration, cancellationToken);
        var embeddings = (double)(Volatile.Read(ref stored[0]) - before);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var after = Processor();
        await stop.CancelAsync();
        await Task.WhenAll(load);
        return new Ingested(
            embeddings / seconds,
            (after.All - after.Silos - after.Database - used.All + used.Silos + used.Database) / embeddings * 1e6,
            (after.Silos - used.Silos) / embeddings * 1e6,
            (after.Database - used.Database) / embeddings * 1e6);

        (double All, double Silos, double Database) Processor() => (
            ProcessorTime.OfTree(Environment.ProcessId),
            cluster.Silos.Sum(silo => ProcessorTime.OfTree(silo.ProcessId)),
            ProcessorTime.OfTree(cluster.Database.ProcessId));
    }

    /// <summary>One camera: a stream of blocks as fast as its credit allows.</summary>
    private static async Task SendAsync(CallInvoker gateway, string collection, string camera, long[] stored, CancellationToken stop)
    {
        var values = ByteString.CopyFrom(Bytes(new Random(camera.GetHashCode(StringComparison.Ordinal))));
        using var call = new IngestService.IngestServiceClient(gateway).Ingest(cancellationToken: CancellationToken.None);
        using var credit = new SemaphoreSlim(0);
        var reading = ReadAsync();
        for (var sequence = 0L; !stop.IsCancellationRequested; sequence += PlainCopy.BlockSize)
        {
            await credit.WaitAsync(CancellationToken.None);
            var block = new IngestRequest { Parent = collection, Camera = camera };
            for (var i = 0; i < PlainCopy.BlockSize; i++)
            {
                block.Items.Add(new IngestItem { Sequence = sequence + i, Embedding = new Embedding { ModelId = ClusterUnderTest.ModelId, Values = values } });
            }

            await call.RequestStream.WriteAsync(block, CancellationToken.None);
        }

        await call.RequestStream.CompleteAsync();
        await reading;

        async Task ReadAsync()
        {
            await foreach (var answer in call.ResponseStream.ReadAllAsync(CancellationToken.None))
            {
                if (answer.Acknowledgements.FirstOrDefault(static acknowledgement => acknowledgement.Error is not null) is { } refused)
                {
                    throw new InvalidOperationException($"An item was refused: {refused.Error.Message}");
                }

                Interlocked.Add(ref stored[0], answer.Acknowledgements.Count);
                if (answer.Credit is { Blocks: > 0 and var blocks })
                {
                    credit.Release(blocks);
                }
            }
        }
    }

    private static async Task<double> CopyAsync(CancellationToken cancellationToken)
    {
        await using var server = await PostgresServer.TryStartAsync() ?? throw new InvalidOperationException(PostgresServer.SkipReason);
        return await PlainCopy.RunAsync(server, Duration, cancellationToken);
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

    private sealed record Ingested(double PerSecond, double Client, double Silos, double Database);
}
