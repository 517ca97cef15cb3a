using System.Diagnostics;
using System.Threading.Channels;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Cli.Ingest;

/// <summary>
/// Sends the items of one camera and returns when every one of them was acknowledged. A lost connection is taken up
/// again with growing waits, and what was not acknowledged is sent again: the server stores nothing twice.
/// </summary>
/// <param name="client">The service.</param>
/// <param name="collection"><c>collections/NAME</c>.</param>
/// <param name="camera">The camera.</param>
/// <param name="options">Sizes and waits.</param>
/// <param name="acknowledged">Called once per item with its answer and the time from its (first) sending on.</param>
/// <param name="interrupted">Called when the connection was lost, with the reason.</param>
public sealed class IngestPump(
    IngestService.IngestServiceClient client,
    string collection,
    string camera,
    IngestPumpOptions options,
    Action<ItemAcknowledgement, TimeSpan> acknowledged,
    Action<string> interrupted)
{
    private readonly PendingItems _pending = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Stopwatch _outage = new();
    private int _creditBlocks;
    private long _creditBytes;
    private bool _draining;

    /// <summary>Sends everything the source has.</summary>
    /// <exception cref="RpcException">The server refuses the stream, or stays away for too long.</exception>
    public async Task RunAsync(ChannelReader<IngestItem> source, CancellationToken cancellation)
    {
        var delay = options.FirstDelay;
        while (true)
        {
            RpcException lost;
            try
            {
                await RunStreamAsync(source, cancellation);
                if (source.Completion.IsCompleted && _pending.Count == 0)
                {
                    await source.Completion; // rethrows what the producer failed with
                    return;
                }

                lost = new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
            }
            catch (RpcException failure) when (IsTransient(failure) && !cancellation.IsCancellationRequested)
            {
                lost = failure;
            }

            if (!_outage.IsRunning)
            {
                delay = options.FirstDelay;
                _outage.Start();
            }
            else if (_outage.Elapsed > options.GiveUpAfter)
            {
                throw lost;
            }

            interrupted(RpcErrorText.Describe(lost));
            _pending.ResendAll();
            await Task.Delay(RpcErrorText.RetryDelayOf(lost.GetRpcStatus()) ?? delay, cancellation);
            delay = delay * 2 < options.LongestDelay ? delay * 2 : options.LongestDelay;
        }
    }

    private async Task RunStreamAsync(ChannelReader<IngestItem> source, CancellationToken cancellation)
    {
        (_creditBlocks, _creditBytes, _draining) = (0, 0, false);
        using var call = client.Ingest(cancellationToken: cancellation);
        var reading = ReadAsync(call.ResponseStream, cancellation);
        try
        {
            await WriteAsync(call.RequestStream, source, reading, cancellation);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception failure) when (failure is InvalidOperationException or RpcException && !cancellation.IsCancellationRequested)
        {
            // Writing to a call that has ended says little; the reader knows why it ended, and throws where that was an error.
        }

        await reading;
    }

    /// <summary>Writes blocks until everything is acknowledged, or the server drains or hangs up.</summary>
    private async Task WriteAsync(IClientStreamWriter<IngestRequest> stream, ChannelReader<IngestItem> source, Task reading, CancellationToken cancellation)
    {
        while (!reading.IsCompleted && !Volatile.Read(ref _draining))
        {
            cancellation.ThrowIfCancellationRequested();
            if (Volatile.Read(ref _creditBlocks) > 0 && Interlocked.Read(ref _creditBytes) > 0 && TakeBlock(source) is { } request)
            {
                Interlocked.Decrement(ref _creditBlocks);
                Interlocked.Add(ref _creditBytes, -request.CalculateSize());
                await stream.WriteAsync(request, cancellation);
                continue;
            }

            if (source.Completion.IsCompleted && _pending.Count == 0)
            {
                return;
            }

            await WaitAsync(source, reading, cancellation);
        }
    }

    private async Task WaitAsync(ChannelReader<IngestItem> source, Task reading, CancellationToken cancellation)
    {
        using var cancelWaits = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var waits = new List<Task> { _wake.Reader.ReadAsync(cancelWaits.Token).AsTask(), reading };
        if (_pending.InFlight < options.Window && Volatile.Read(ref _creditBlocks) > 0 && !source.Completion.IsCompleted)
        {
            waits.Add(source.WaitToReadAsync(cancelWaits.Token).AsTask());
        }

        if (_pending.NextRetry is { } retry)
        {
            waits.Add(Task.Delay(retry, cancelWaits.Token));
        }

        await Task.WhenAny(waits);
        await cancelWaits.CancelAsync();
    }

    private IngestRequest? TakeBlock(ChannelReader<IngestItem> source)
    {
        var request = new IngestRequest { Parent = collection, Camera = camera };
        var bytes = 0;
        while (request.Items.Count < options.BlockItems && bytes < options.BlockBytes)
        {
            if (!_pending.TryTakeResend(out var item))
            {
                if (_pending.InFlight >= options.Window || !source.TryRead(out item))
                {
                    break;
                }

                if (!_pending.TryAdd(item))
                {
                    continue; // the same photograph twice in one run: the first copy speaks for both
                }
            }

            request.Items.Add(item);
            bytes += item.CalculateSize();
        }

        return request.Items.Count == 0 ? null : request;
    }

    private async Task ReadAsync(IAsyncStreamReader<IngestResponse> stream, CancellationToken cancellation)
    {
        try
        {
            while (await stream.MoveNext(cancellation))
            {
                var response = stream.Current;
                foreach (var acknowledgement in response.Acknowledgements)
                {
                    Settle(acknowledgement);
                }

                if (response.Credit is { } credit)
                {
                    Interlocked.Add(ref _creditBlocks, credit.Blocks);
                    Interlocked.Add(ref _creditBytes, credit.Bytes);
                }

                if (response.Draining is not null)
                {
                    Volatile.Write(ref _draining, true);
                }

                _wake.Writer.TryWrite(true);
            }
        }
        finally
        {
            _wake.Writer.TryWrite(true);
        }
    }

    private void Settle(ItemAcknowledgement acknowledgement)
    {
        if (RpcErrorText.RetryDelayOf(acknowledgement.Error) is { } delay)
        {
            _pending.RetryLater(acknowledgement.Sequence, delay);
        }
        else if (_pending.TryAnswer(acknowledgement.Sequence, out var latency))
        {
            _outage.Reset();
            acknowledged(acknowledgement, latency);
        }
    }

    private static bool IsTransient(RpcException failure) =>
        failure.StatusCode is StatusCode.Unavailable or StatusCode.Aborted or StatusCode.Cancelled
        || failure.InnerException is IOException or HttpRequestException
        || (failure.StatusCode == StatusCode.ResourceExhausted && RpcErrorText.RetryDelayOf(failure.GetRpcStatus()) is not null);
}
