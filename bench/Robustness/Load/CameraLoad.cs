using System.Diagnostics;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Robustness.Load;

/// <summary>
/// A camera that sends block after block, each until it is acknowledged, over whichever gateway answers. Now and then it
/// sends a block twice, or gives one up whose fate it does not know.
/// </summary>
public sealed class CameraLoad(string name, string collection, IReadOnlyList<IngestService.IngestServiceClient> gateways, People people, History history, int seed)
{
    /// <summary>How long a call may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Random _random = new(seed);
    private long _sequence;
    private int _gateway = seed;

    /// <summary>Items per block.</summary>
    public int BlockSize { get; init; } = 3;

    /// <summary>Pause between blocks.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether blocks may be given up; then what was sent need not all be acknowledged.</summary>
    public bool GivesUp { get; init; } = true;

    /// <summary>Sends until told to stop; the block under way is finished.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var last = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var block = NextBlock();
            if (await DeliverAsync(block, stop))
            {
                history.Unavailable(Stopwatch.GetElapsedTime(last));
                if (_random.Next(20) == 0)
                {
                    // Delivered twice, as after a lost answer.
                    await SendAsync(block);
                }
            }

            await Task.Delay(Pause, CancellationToken.None);
            last = Stopwatch.GetTimestamp() - (long)(Pause.TotalSeconds * Stopwatch.Frequency);
        }
    }

    private BatchCreateFacesRequest NextBlock()
    {
        var block = new BatchCreateFacesRequest { Parent = collection, Camera = name };
        for (var i = 0; i < BlockSize; i++)
        {
            var values = people.See(_random);
            history.Send(name, _sequence, values);
            block.Items.Add(People.Item(_sequence++, values, _random));
        }

        return block;
    }

    private async Task<bool> DeliverAsync(BatchCreateFacesRequest block, CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await SendAsync(block))
        {
            if ((GivesUp && _random.Next(50) == 0) || (stop.IsCancellationRequested && Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(2)))
            {
                return false;
            }

            _gateway++;
            await Task.Delay(_random.Next(100, 400), CancellationToken.None);
        }

        return true;
    }

    private async Task<bool> SendAsync(BatchCreateFacesRequest block)
    {
        var started = Stopwatch.GetTimestamp();
        string? failure = null;
        try
        {
            var client = gateways[_gateway % gateways.Count];
            var answer = await client.BatchCreateFacesAsync(block, deadline: DateTime.UtcNow + Deadline);
            foreach (var acknowledgement in answer.Acknowledgements)
            {
                if (acknowledgement.Error is { } error)
                {
                    failure = $"item {(StatusCode)error.Code}";
                }
                else
                {
                    history.Acknowledge(name, acknowledgement.Sequence, acknowledgement.Faces[0].Name, acknowledgement.Revision);
                }
            }
        }
        catch (RpcException error)
        {
            failure = error.StatusCode.ToString();
        }

        history.Call(Stopwatch.GetElapsedTime(started), Deadline, failure);
        return failure is null;
    }
}
