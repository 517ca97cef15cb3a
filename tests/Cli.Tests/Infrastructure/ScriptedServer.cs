using System.Collections.Concurrent;
using System.Net;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Cli.Tests.Infrastructure;

/// <summary>A real gRPC server on a free port whose ingest follows a script: it can hang up, drain and postpone.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ScriptedServer(WebApplication application, ScriptedIngest ingest)
    {
        _application = application;
        Ingest = ingest;
    }

    public ScriptedIngest Ingest { get; }

    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<ScriptedServer> StartAsync(ScriptedIngest ingest)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(ingest);
        var application = builder.Build();
        application.MapGrpcService<ScriptedIngest>();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new ScriptedServer(application, ingest);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}

/// <summary>What the scripted server does.</summary>
internal sealed class ScriptedIngest : IngestService.IngestServiceBase
{
    private readonly ConcurrentDictionary<long, int> _stored = new();
    private int _streams;

    /// <summary>Each of the first streams ends after so many acknowledgements.</summary>
    public IReadOnlyList<int> HangUpAfter { get; init; } = [];

    /// <summary>Whether such a stream ends with a draining message instead of an error.</summary>
    public bool Drains { get; init; }

    /// <summary>Sequence numbers whose first arrival is answered with a retry delay.</summary>
    public IReadOnlySet<long> Postponed { get; init; } = new HashSet<long>();

    /// <summary>Sequence numbers that are refused for good.</summary>
    public IReadOnlySet<long> Refused { get; init; } = new HashSet<long>();

    /// <summary>The start credit in blocks.</summary>
    public int Credit { get; init; } = 4;

    /// <summary>Blocks that arrived while no credit was left.</summary>
    public int Overdrawn { get; private set; }

    /// <summary>How many streams were opened.</summary>
    public int Streams => _streams;

    /// <summary>How often each sequence number was accepted.</summary>
    public IReadOnlyDictionary<long, int> Stored => _stored;

    /// <summary>Sequence numbers in the order of their first arrival.</summary>
    public ConcurrentQueue<long> Order { get; } = new();

    private readonly ConcurrentDictionary<long, bool> _seen = new();

    public override async Task Ingest(
        IAsyncStreamReader<IngestRequest> requestStream, IServerStreamWriter<IngestResponse> responseStream, ServerCallContext context)
    {
        var stream = Interlocked.Increment(ref _streams) - 1;
        var left = stream < HangUpAfter.Count ? HangUpAfter[stream] : int.MaxValue;
        var credit = Credit;
        await responseStream.WriteAsync(new IngestResponse { Credit = new Credit { Blocks = Credit, Bytes = 1 << 20 } });
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            if (--credit < 0)
            {
                Overdrawn++;
            }

            var response = new IngestResponse { Credit = new Credit { Blocks = 1, Bytes = requestStream.Current.CalculateSize() } };
            foreach (var item in requestStream.Current.Items)
            {
                if (left-- <= 0)
                {
                    await EndAsync(responseStream, response);
                    return;
                }

                response.Acknowledgements.Add(Answer(requestStream.Current.Camera, item.Sequence));
            }

            credit++;
            await responseStream.WriteAsync(response);
        }
    }

    private async Task EndAsync(IServerStreamWriter<IngestResponse> responseStream, IngestResponse last)
    {
        await responseStream.WriteAsync(last);
        if (!Drains)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable, "scripted"));
        }

        await responseStream.WriteAsync(new IngestResponse { Draining = new Draining() });
    }

    private ItemAcknowledgement Answer(string camera, long sequence)
    {
        var answer = new ItemAcknowledgement { Camera = camera, Sequence = sequence };
        var first = _seen.TryAdd(sequence, true);
        if (first)
        {
            Order.Enqueue(sequence);
        }

        if (first && Postponed.Contains(sequence))
        {
            answer.Error = Failure(Code.ResourceExhausted, new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(20)) });
        }
        else if (Refused.Contains(sequence))
        {
            answer.Error = Failure(Code.InvalidArgument, new ErrorInfo { Domain = "facecluster.v1", Reason = "INVALID_IMAGE" });
        }
        else
        {
            _stored.AddOrUpdate(sequence, 1, (_, count) => count + 1);
        }

        return answer;
    }

    private static Google.Rpc.Status Failure(Code code, Google.Protobuf.IMessage detail) =>
        new() { Code = (int)code, Message = "scripted", Details = { Any.Pack(detail) } };
}
