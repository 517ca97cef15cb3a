using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Cli.Demo;

/// <summary>Streams the frames of a fleet to a server, one gRPC stream per camera, and measures the answers.</summary>
internal sealed class FleetPlayer(ServerConnection connection, string collection, Action<string> note)
{
    /// <summary>Time between two frames of a camera, as their capture times tell it.</summary>
    private static readonly TimeSpan FrameTime = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<double> _lags = new();
    private int _probing;

    /// <summary>Counts of what was acknowledged.</summary>
    public IngestTally Tally { get; } = new();

    /// <summary>Times from an acknowledgement until its faces were in their clusters, in milliseconds; sampled.</summary>
    public IReadOnlyCollection<double> Lags => _lags;

    /// <summary>Time until every frame was acknowledged.</summary>
    public TimeSpan Streaming { get; private set; }

    /// <summary>Time until every face was in its cluster.</summary>
    public TimeSpan Clustered { get; private set; }

    /// <summary>Plays all frames as fast as the server grants credit.</summary>
    public async Task PlayAsync(VirtualFleet fleet, IProgress<long> progress, CancellationToken cancellation)
    {
        var start = DateTimeOffset.UtcNow;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(fleet.Cameras.Select(camera => PlayAsync(camera.Key, camera.Value, start, progress, cancellation)));
        Streaming = watch.Elapsed;
        await connection.WaitUntilClusteredAsync(collection, Tally.Revisions, cancellation);
        Clustered = watch.Elapsed;
    }

    private async Task PlayAsync(string camera, IReadOnlyList<RenderedFrame> frames, DateTimeOffset start, IProgress<long> progress, CancellationToken cancellation)
    {
        var source = Channel.CreateUnbounded<IngestItem>();
        foreach (var frame in frames)
        {
            source.Writer.TryWrite(new IngestItem
            {
                Sequence = frame.Shot.Sequence,
                CaptureTime = Timestamp.FromDateTimeOffset(start + frame.Shot.Sequence * FrameTime),
                Frame = UnsafeByteOperations.UnsafeWrap(frame.Jpeg),
            });
        }

        source.Writer.Complete();

        // A camera sends its next frame when the last one is acknowledged: the latency is then that of the server under eight
        // cameras and not that of a queue.
        var pump = new IngestPump(
            connection.Ingest, collection, camera, new IngestPumpOptions { BlockItems = 1, Window = 1 },
            (acknowledgement, latency) =>
            {
                Tally.Add(acknowledgement, latency);
                progress.Report(Tally.Items);
                if (acknowledgement.Faces.Count > 0 && acknowledgement.Error is null && Interlocked.Exchange(ref _probing, 1) == 0)
                {
                    _ = ProbeLagAsync(acknowledgement.Revision, cancellation);
                }
            },
            reason => note($"{camera}: connection lost: {reason} Trying again."));
        await pump.RunAsync(source.Reader, cancellation);
    }

    /// <summary>One probe at a time: how long until a read sees this acknowledgement's faces in their clusters.</summary>
    private async Task ProbeLagAsync(string revision, CancellationToken cancellation)
    {
        try
        {
            var since = Stopwatch.GetTimestamp();
            await connection.WaitUntilClusteredAsync(collection, [revision], cancellation);
            _lags.Enqueue(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
        }
        catch (Grpc.Core.RpcException)
        {
            // A probe that fails measures nothing; the stream itself reports what is wrong.
        }
        finally
        {
            Volatile.Write(ref _probing, 0);
        }
    }
}
