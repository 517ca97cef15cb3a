using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Ingest;

/// <summary>What no well-behaved client sends: bytes on the wire.</summary>
public sealed class WireTests(SharedServer shared)
{
    private const string IngestPath = "facecluster.v1.IngestService/Ingest";
    private const string BatchPath = "facecluster.v1.IngestService/BatchCreateFaces";

    // The length field of gRPC has 32 bits, so 4 GiB is the largest claim there is.
    [Theory]
    [InlineData(IngestPath, 0xFFFFFFFF, StatusCode.InvalidArgument, ErrorReason.MalformedMessage)]
    [InlineData(BatchPath, 0xFFFFFFFF, StatusCode.InvalidArgument, ErrorReason.MalformedMessage)]
    [InlineData(IngestPath, 0x7FFFFFFF, StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge)]
    [InlineData(BatchPath, 0x7FFFFFFF, StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge)]
    public async Task Message_that_claims_gigabytes_is_refused_unread_with_a_reason(string path, uint claim, StatusCode code, ErrorReason reason)
    {
        var body = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(1), claim);
        var before = GC.GetTotalAllocatedBytes();
        var status = await SendRawAsync(path, body);
        ExpectedError.Matches(code, reason, status);
        Assert.True(GC.GetTotalAllocatedBytes() - before < 1L << 30, "The claimed length was allocated.");
    }

    [Fact]
    public async Task Message_over_the_limit_is_refused_with_a_reason()
    {
        await using var server = await TestServer.StartAsync(configure: TestServer.Limits(gateway =>
        {
            gateway.MaxMessageBytes = 64 * 1024;
            gateway.MaxItemBytes = 1024;
        }));
        var items = Enumerable.Range(0, 32).Select(i => Embeddings.Item(i, new Embeddings(1).Person())).ToArray();
        await ExpectedError.FailsAsync(StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, () => server.Api.SendAsync("collections/default", "door", items));
        Assert.Null((await server.Api.SendAsync("collections/default", "door", items[..8])).Acknowledgements[7].Error);
    }

    [Fact]
    public async Task Bytes_that_are_no_message_are_refused_with_a_reason()
    {
        byte[] junk = [0, 0, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF];
        var status = await SendRawAsync(BatchPath, junk);
        ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.MalformedMessage, status);
    }

    [Fact]
    public async Task Unknown_method_is_refused_with_a_reason()
    {
        var status = await SendRawAsync("facecluster.v1.FaceService/Nosuch", [0, 0, 0, 0, 0]);
        ExpectedError.Matches(StatusCode.Unimplemented, ErrorReason.Unimplemented, status);
    }

    [Fact]
    public async Task Stream_cut_in_the_middle_of_a_block_keeps_what_was_acknowledged_and_nothing_of_the_rest()
    {
        var people = new Embeddings(30);
        var collection = await shared.Api.NewCollectionAsync();
        var whole = Frame(new IngestRequest { Parent = collection, Camera = "door", Items = { Embeddings.Item(1, people.Person()) } });
        var cut = Frame(new IngestRequest { Parent = collection, Camera = "door", Items = { Embeddings.Item(2, people.Person()) } })[..1500];
        var status = await SendRawAsync(IngestPath, [.. whole, .. cut]);
        Assert.NotEqual((int)StatusCode.OK, status.Code);

        var again = await shared.Api.SendAsync(collection, "door", Embeddings.Item(3, people.Person()));
        Assert.Equal(1, again.Acknowledgements[0].SkippedSequences);
        var faces = (await shared.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces;
        Assert.Equal([1, 3], faces.Select(face => face.Sequence).Order());
    }

    [Fact]
    public async Task Stream_dropped_by_its_client_frees_its_place()
    {
        await using var server = await TestServer.StartAsync(configure: TestServer.Limits(gateway => gateway.MaxIngestStreams = 1));
        using (var first = new IngestSession(server.Api))
        {
            Assert.True(await first.ReadAsync());
            using var second = new IngestSession(server.Api);
            var status = await ExpectedError.FailsAsync(StatusCode.ResourceExhausted, ErrorReason.TooManyStreams, second.ReadAsync);
            Assert.NotNull(status.GetDetail<Google.Rpc.RetryInfo>());
        }

        // The server notices the drop in its own time.
        for (var attempt = 0; ; attempt++)
        {
            using var third = new IngestSession(server.Api);
            try
            {
                Assert.True(await third.ReadAsync());
                return;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.ResourceExhausted && attempt < 100)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }

    private static byte[] Frame(IngestRequest request)
    {
        var message = request.ToByteArray();
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private async Task<Google.Rpc.Status> SendRawAsync(string path, byte[] body)
    {
        using var client = new HttpClient { BaseAddress = shared.Server.GrpcAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var details = response.TrailingHeaders.TryGetValues("grpc-status-details-bin", out var trailers)
            ? trailers.Single()
            : response.Headers.GetValues("grpc-status-details-bin").Single();
        return Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')));
    }
}
