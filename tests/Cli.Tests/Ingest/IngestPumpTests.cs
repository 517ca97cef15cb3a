using System.Collections.Concurrent;
using System.Threading.Channels;
using FaceCluster.Cli.Ingest;
using FaceCluster.Cli.Remote;
using FaceCluster.Cli.Tests.Infrastructure;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.Cli.Tests.Ingest;

public sealed class IngestPumpTests
{
    private const int Items = 100;

    [Fact]
    public async Task Run_AgainstAHealthyServer_AnswersEveryItemOnceInOrderWithinTheCredit()
    {
        var (ingest, answers, _) = await PumpAsync(new ScriptedIngest { Credit = 2 });

        Assert.Equal(Enumerable.Range(0, Items).Select(item => (long)item), answers.Select(answer => answer.Sequence));
        Assert.Equal(Enumerable.Range(0, Items).Select(item => (long)item), ingest.Order);
        Assert.All(ingest.Stored.Values, count => Assert.Equal(1, count));
        Assert.Equal(0, ingest.Overdrawn);
        Assert.Equal(1, ingest.Streams);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_AgainstAServerThatHangsUp_ReconnectsAndAnswersEveryItemOnce(bool drains)
    {
        var (ingest, answers, interruptions) = await PumpAsync(new ScriptedIngest { HangUpAfter = [0, 7, 0, 31], Drains = drains });

        Assert.Equal(Enumerable.Range(0, Items).Select(item => (long)item), answers.Select(answer => answer.Sequence).Order());
        Assert.Equal(Items, ingest.Stored.Count);
        Assert.Equal(5, ingest.Streams);
        Assert.Equal(4, interruptions.Count);
    }

    [Fact]
    public async Task Run_WithItemsThatAreToBeRetried_SendsThemAgain()
    {
        var (ingest, answers, _) = await PumpAsync(new ScriptedIngest { Postponed = new HashSet<long> { 0, 40, 99 } });

        Assert.Equal(Items, answers.Count);
        Assert.All(answers, answer => Assert.Null(answer.Error));
        Assert.Equal(Items, ingest.Stored.Count);
    }

    [Fact]
    public async Task Run_WithAnItemThatIsRefused_ReportsItAndGoesOn()
    {
        var (_, answers, _) = await PumpAsync(new ScriptedIngest { Refused = new HashSet<long> { 3 } });

        Assert.Equal("INVALID_IMAGE", RpcErrorText.ReasonOf(answers.Single(answer => answer.Sequence == 3).Error));
        Assert.Equal(Items - 1, answers.Count(answer => answer.Error is null));
    }

    [Fact]
    public async Task Run_AgainstAServerThatStaysAway_GivesUp()
    {
        await using var server = await ScriptedServer.StartAsync(new ScriptedIngest { HangUpAfter = [.. Enumerable.Repeat(0, 1000)] });

        await Assert.ThrowsAsync<RpcException>(() => RunAsync(
            server, new IngestPumpOptions { FirstDelay = TimeSpan.FromMilliseconds(1), GiveUpAfter = TimeSpan.FromMilliseconds(50) }, _ => { }, _ => { }));
    }

    [Fact]
    public async Task Run_WhenTheSourceFails_FailsWithIt()
    {
        await using var server = await ScriptedServer.StartAsync(new ScriptedIngest());
        using var connection = new ServerConnection(server.Address, null, TimeSpan.FromSeconds(30));
        var source = Channel.CreateUnbounded<IngestItem>();
        source.Writer.TryWrite(Item(1));
        source.Writer.Complete(new InvalidDataException("the camera broke"));

        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => Pump(connection, new IngestPumpOptions(), _ => { }, _ => { })
            .RunAsync(source.Reader, TestContext.Current.CancellationToken));

        Assert.Equal("the camera broke", failure.Message);
    }

    private static async Task<(ScriptedIngest Ingest, List<ItemAcknowledgement> Answers, List<string> Interruptions)> PumpAsync(ScriptedIngest script)
    {
        var (answers, interruptions) = (new ConcurrentQueue<ItemAcknowledgement>(), new ConcurrentQueue<string>());
        await using var server = await ScriptedServer.StartAsync(script);
        var options = new IngestPumpOptions { BlockItems = 8, Window = 24, FirstDelay = TimeSpan.FromMilliseconds(1) };
        await RunAsync(server, options, answers.Enqueue, interruptions.Enqueue);
        return (script, [.. answers], [.. interruptions]);
    }

    private static async Task RunAsync(ScriptedServer server, IngestPumpOptions options, Action<ItemAcknowledgement> answered, Action<string> interrupted)
    {
        using var connection = new ServerConnection(server.Address, null, TimeSpan.FromSeconds(30));
        var source = Channel.CreateUnbounded<IngestItem>();
        for (var i = 0; i < Items; i++)
        {
            source.Writer.TryWrite(Item(i));
        }

        source.Writer.Complete();
        await Pump(connection, options, answered, interrupted).RunAsync(source.Reader, TestContext.Current.CancellationToken);
    }

    private static IngestPump Pump(ServerConnection connection, IngestPumpOptions options, Action<ItemAcknowledgement> answered, Action<string> interrupted) =>
        new(connection.Ingest, "collections/c", "camera", options, (answer, _) => answered(answer), interrupted);

    private static IngestItem Item(long sequence) => new() { Sequence = sequence, Frame = ByteString.CopyFrom(1, 2, 3) };
}
