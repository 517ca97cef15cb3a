using System.Diagnostics;
using FaceCluster.Gateway.Errors;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Ingest;

/// <summary>
/// One ingest stream: reads blocks while there is room for them, has several under way, and writes what is answered.
/// Room is the stream's credit and the gateway's bytes; where there is none the stream is simply not read, so that
/// HTTP/2 holds back a client that ignores its credit.
/// </summary>
internal sealed class IngestStream : IDisposable
{
    private readonly IngestPipeline _pipeline;
    private readonly ServerCallContext _context;
    private readonly IngestReplies _replies;
    private readonly CameraOrder _order = new();
    private readonly StreamTarget _target;
    private readonly SemaphoreSlim _blocks;
    private readonly ByteBudget _bytes;

    public IngestStream(IngestPipeline pipeline, IServerStreamWriter<IngestResponse> writer, ServerCallContext context)
    {
        _pipeline = pipeline;
        _context = context;
        _target = new StreamTarget(pipeline.Collections, pipeline.Errors);
        _blocks = new SemaphoreSlim(pipeline.Options.MaxInFlightBlocks);
        _bytes = new ByteBudget(pipeline.Options.MaxInFlightBytes);
        _replies = new IngestReplies(writer, ReleaseBlock);
    }

    /// <summary>Serves the stream to its end.</summary>
    /// <exception cref="RpcException">UNAVAILABLE where the server stopped meanwhile.</exception>
    public async Task RunAsync(IAsyncStreamReader<IngestRequest> reader)
    {
        _replies.Grant(_pipeline.Options.MaxInFlightBlocks, _pipeline.Options.MaxInFlightBytes);
        var writing = _replies.WriteAsync();
        var underWay = new List<Task>();
        using var drain = new Drain(_pipeline.Lifetime, _pipeline.Options.DrainGrace, _replies.Drain);
        try
        {
            // A failed write (the client is gone) ends the reading, too.
            await ReadAsync(reader, underWay, drain, writing);
        }
        finally
        {
            await Task.WhenAll(underWay);
            _replies.Complete();
        }

        await writing;
        if (drain.Expired.IsCompleted)
        {
            throw ApiError.Exception(StatusCode.Unavailable, ErrorReason.Unavailable, "The server stops; connect anew.", _pipeline.Options.RetryDelay);
        }
    }

    public void Dispose() => _blocks.Dispose();

    private async Task ReadAsync(IAsyncStreamReader<IngestRequest> reader, List<Task> underWay, Drain drain, Task writing)
    {
        var cancellation = _context.CancellationToken;
        while (true)
        {
            await _blocks.WaitAsync(cancellation);
            var next = reader.MoveNext(cancellation);
            await Task.WhenAny(next, drain.Expired, writing);
            if (!next.IsCompleted || !await ReadableAsync(next))
            {
                return;
            }

            var request = reader.Current;
            var received = Stopwatch.GetTimestamp();
            var bytes = (long)request.CalculateSize();
            await _bytes.TakeAsync(bytes, cancellation);
            await _pipeline.Limits.Bytes.TakeAsync(bytes, cancellation);
            await _target.SetAsync(request.Parent);
            underWay.RemoveAll(task => task.IsCompleted);
            underWay.Add(ProcessAsync(request, _order.Next(request.Camera), bytes, received));
        }
    }

    private async Task ProcessAsync(IngestRequest request, CameraTurn turn, long bytes, long received)
    {
        var target = _target.Current;
        try
        {
            var result = target.Error is null
                ? await _pipeline.Blocks.ProcessAsync(target.Collection!, request.Camera, request.Items, turn, _context.CancellationToken)
                : Refuse(request, target.Error);
            await Answer(result);
        }
        catch (OperationCanceledException) when (_context.CancellationToken.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception exception)
        {
            await Answer(Refuse(request, _pipeline.Errors.Map(exception)));
        }
        finally
        {
            turn.AppendStarted();
            turn.Acknowledged();
            _pipeline.Limits.Bytes.Return(bytes);
        }

        async Task Answer(BlockResult result)
        {
            await turn.MayAcknowledgeAsync();
            _pipeline.Instruments.Block(result.Acknowledgements, bytes, received);
            _replies.Acknowledge(result, target.Collection, bytes);
        }
    }

    private async Task<bool> ReadableAsync(Task<bool> next)
    {
        try
        {
            return await next;
        }
        catch (Exception exception) when (exception is not RpcException && !_context.CancellationToken.IsCancellationRequested)
        {
            // The connection is fine, so what came over it is not.
            throw ErrorMapper.Malformed().ToRpcException();
        }
    }

    private void ReleaseBlock(long bytes)
    {
        _bytes.Return(bytes);
        _blocks.Release();
    }

    private static BlockResult Refuse(IngestRequest request, Google.Rpc.Status error) => new(
        [
            .. request.Items.Select((item, index) => new ItemAcknowledgement
            {
                Camera = request.Camera,
                Sequence = item.Sequence,
                BlockIndex = index,
                Error = error,
            }),
        ],
        []);
}
