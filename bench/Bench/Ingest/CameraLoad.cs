using System.Diagnostics;
using System.Runtime.InteropServices;
using FaceCluster.Index.Benchmarking;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace FaceCluster.Bench.Ingest;

/// <summary>One camera that streams blocks of embeddings as fast as its credit allows, and notes each block's delay.</summary>
internal sealed class CameraLoad : IDisposable
{
    private const int Block = 32;
    private readonly GrpcChannel _channel;
    private readonly AsyncDuplexStreamingCall<IngestRequest, IngestResponse> _call;
    private readonly string _parent;
    private readonly string _camera;
    private readonly string _modelId;
    private readonly long _firstRow;
    private readonly SphereMixture _mixture;
    private readonly ByteString[] _pool;
    private readonly Dictionary<long, long> _sent = [];
    private readonly List<double> _delays = [];
    private readonly SemaphoreSlim _credit = new(0);
    private long _acknowledged;

    /// <param name="server">Address of the server.</param>
    /// <param name="parent">The collection.</param>
    /// <param name="number">The camera; each sends rows of its own.</param>
    /// <param name="modelId">Model of the collection.</param>
    /// <param name="mixture">Where faces come from.</param>
    /// <param name="firstRow">First row of the mixture to send.</param>
    /// <param name="pool">Rows made beforehand and sent in turn; 0 makes each row when it is sent.</param>
    public CameraLoad(Uri server, string parent, int number, string modelId, SphereMixture mixture, long firstRow, int pool)
    {
        _channel = GrpcChannel.ForAddress(server);
        _call = new IngestService.IngestServiceClient(_channel).Ingest();
        _parent = parent;
        _camera = $"camera-{number}";
        _modelId = modelId;
        _mixture = mixture;
        _firstRow = firstRow;
        _pool = [.. Enumerable.Range(0, pool).Select(row => Values(firstRow + row))];
    }

    /// <summary>Items acknowledged so far.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Revision of the last acknowledgement.</summary>
    public string Revision { get; private set; } = string.Empty;

    /// <summary>Milliseconds from sending a block to its acknowledgement, for blocks sent after the warm-up.</summary>
    public IReadOnlyList<double> Delays => _delays;

    /// <summary>Sends <paramref name="items"/> items, or until cancelled, then waits for the last acknowledgement.</summary>
    public async Task RunAsync(long items, Func<bool> warm, CancellationToken stop)
    {
        var reading = ReadAsync(warm);
        for (long sequence = 0; sequence < items && !stop.IsCancellationRequested; sequence += Block)
        {
            await _credit.WaitAsync(CancellationToken.None);
            var request = new IngestRequest { Parent = _parent, Camera = _camera };
            for (var i = sequence; i < Math.Min(items, sequence + Block); i++)
            {
                var values = _pool.Length > 0 ? _pool[i % _pool.Length] : Values(_firstRow + i);
                request.Items.Add(new IngestItem { Sequence = i, Embedding = new Embedding { ModelId = _modelId, Values = values } });
            }

            lock (_sent)
            {
                _sent[sequence] = Stopwatch.GetTimestamp();
            }

            await _call.RequestStream.WriteAsync(request, CancellationToken.None);
        }

        await _call.RequestStream.CompleteAsync();
        await reading;
    }

    public void Dispose()
    {
        _call.Dispose();
        _channel.Dispose();
        _credit.Dispose();
    }

    private ByteString Values(long row)
    {
        var unit = new float[_mixture.Dimension];
        var magnitude = _mixture.Row(row, unit);
        for (var i = 0; i < unit.Length; i++)
        {
            unit[i] *= magnitude;
        }

        return ByteString.CopyFrom(MemoryMarshal.AsBytes(unit.AsSpan()));
    }

    private async Task ReadAsync(Func<bool> warm)
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            var response = _call.ResponseStream.Current;
            if (response.Credit is { Blocks: > 0 } credit)
            {
                _credit.Release(credit.Blocks);
            }

            Revision = response.Revision.Length > 0 ? response.Revision : Revision;
            foreach (var acknowledgement in response.Acknowledgements)
            {
                if (acknowledgement.Error is { } error)
                {
                    throw new InvalidOperationException($"The server refused an item: {error.Message}");
                }

                Note(acknowledgement.Sequence, warm());
            }

            Interlocked.Add(ref _acknowledged, response.Acknowledgements.Count);
        }
    }

    private void Note(long sequence, bool counted)
    {
        if (sequence % Block != 0)
        {
            return;
        }

        lock (_sent)
        {
            if (_sent.Remove(sequence, out var at) && counted)
            {
                _delays.Add(Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            }
        }
    }
}
