using System.Collections.Concurrent;
using System.Threading.Channels;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;

namespace FaceCluster.Cli.Ingest;

/// <summary>Sends photographs, one stream per camera.</summary>
public sealed class IngestRun
{
    /// <summary>Photographs that are read ahead of the network, per camera.</summary>
    private const int ReadAhead = 8;

    private readonly ServerConnection _connection;
    private readonly string _collection;
    private readonly Limits _limits;
    private readonly Action<string> _note;
    private readonly ConcurrentDictionary<(string Camera, long Sequence), string> _files = new();
    private readonly ConcurrentQueue<FailedFile> _failures = new();

    private IngestRun(ServerConnection connection, string collection, Limits limits, Action<string> note)
    {
        _connection = connection;
        _collection = collection;
        _limits = limits;
        _note = note;
    }

    /// <summary>The photographs that were refused as a whole.</summary>
    public IReadOnlyCollection<FailedFile> Failures => _failures;

    /// <summary>Asks the server for its limits.</summary>
    /// <param name="connection">The server.</param>
    /// <param name="collection"><c>collections/NAME</c>.</param>
    /// <param name="note">Takes sentences for the user: a lost connection and the like.</param>
    /// <param name="cancellation">Ends the call.</param>
    public static async Task<IngestRun> PrepareAsync(ServerConnection connection, string collection, Action<string> note, CancellationToken cancellation)
    {
        var info = await connection.Server.GetServerInfoAsync(new GetServerInfoRequest(), deadline: connection.Deadline, cancellationToken: cancellation);
        return new IngestRun(connection, collection, info.Limits ?? new Limits(), note);
    }

    /// <summary>Sends all photographs and returns the counts once every one was answered.</summary>
    public async Task<IngestTally> SendAsync(IReadOnlyList<PhotoFile> photographs, int streams, IProgress<long> progress, CancellationToken cancellation)
    {
        var tally = new IngestTally();
        await Parallel.ForEachAsync(
            photographs.GroupBy(photograph => photograph.Camera),
            new ParallelOptions { MaxDegreeOfParallelism = streams, CancellationToken = cancellation },
            async (camera, token) => await SendCameraAsync(camera.Key, [.. camera], tally, progress, token));
        return tally;
    }

    private async Task SendCameraAsync(string camera, IReadOnlyList<PhotoFile> photographs, IngestTally tally, IProgress<long> progress, CancellationToken cancellation)
    {
        var source = Channel.CreateBounded<IngestItem>(ReadAhead);
        var pump = new IngestPump(
            _connection.Ingest, _collection, camera,
            new IngestPumpOptions { BlockItems = Math.Clamp(_limits.MaxBlockItems, 1, 32) },
            (acknowledgement, latency) =>
            {
                tally.Add(acknowledgement, latency);
                if (acknowledgement.Error is { } error)
                {
                    _failures.Enqueue(new FailedFile(
                        _files[(camera, acknowledgement.Sequence)], RpcErrorText.ReasonOf(error) ?? "UNKNOWN", RpcErrorText.Describe(error)));
                }

                progress.Report(tally.Items);
            },
            reason => _note($"{camera}: connection lost: {reason} Trying again."));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reading = ReadAsync(camera, photographs, source.Writer, tally, progress, stop.Token);
        try
        {
            await pump.RunAsync(source.Reader, cancellation);
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    /// <summary>Reads the photographs into the channel; completes it with the failure, if there is one.</summary>
    private async Task ReadAsync(
        string camera, IReadOnlyList<PhotoFile> photographs, ChannelWriter<IngestItem> target, IngestTally tally, IProgress<long> progress, CancellationToken cancellation)
    {
        try
        {
            foreach (var photograph in photographs)
            {
                var (item, failure) = await TryReadAsync(photograph.Path, cancellation);
                if (item is null)
                {
                    _failures.Enqueue(failure!);
                    tally.AddError(failure!.Reason);
                    progress.Report(tally.Items);
                }
                else if (_files.TryAdd((camera, item.Sequence), photograph.Path))
                {
                    await target.WriteAsync(item, cancellation);
                }
                else
                {
                    tally.AddDuplicate();
                    progress.Report(tally.Items);
                }
            }

            target.Complete();
        }
        catch (OperationCanceledException failure)
        {
            target.TryComplete(failure);
        }
    }

    private async Task<(IngestItem? Item, FailedFile? Failure)> TryReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            var size = new FileInfo(path).Length;
            return _limits.MaxItemBytes > 0 && size > _limits.MaxItemBytes
                ? (null, new FailedFile(path, "ITEM_TOO_LARGE", $"The file has {size} bytes; the server takes at most {_limits.MaxItemBytes}."))
                : (await PhotoItem.ReadAsync(path, cancellation), null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, new FailedFile(path, "UNREADABLE", failure.Message));
        }
    }
}

/// <summary>A photograph that was refused as a whole.</summary>
/// <param name="File">Full path.</param>
/// <param name="Reason">A stable reason: one of error_reason.proto, or UNREADABLE.</param>
/// <param name="Message">A sentence.</param>
public sealed record FailedFile(string File, string Reason, string Message);
