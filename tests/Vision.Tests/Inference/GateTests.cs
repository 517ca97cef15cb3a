using FaceCluster.Vision.Inference;
using Xunit;

namespace FaceCluster.Vision.Tests.Inference;

public sealed class GateTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WeightedGate_LargeWaitsFirst_IsNotOvertaken()
    {
        var gate = new WeightedGate(10);
        await gate.EnterAsync(6, Cancellation);
        var large = gate.EnterAsync(8, Cancellation);
        var small = gate.EnterAsync(1, Cancellation);
        Assert.False(large.IsCompleted);
        Assert.False(small.IsCompleted);
        gate.Leave(6);
        await large;
        await small;
    }

    [Fact]
    public async Task WeightedGate_WaiterGivesUp_LetsTheNextIn()
    {
        var gate = new WeightedGate(10);
        await gate.EnterAsync(6, Cancellation);
        using var source = new CancellationTokenSource();
        var large = gate.EnterAsync(8, source.Token);
        var small = gate.EnterAsync(4, Cancellation);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large);
        await small;
        gate.Leave(6);
        gate.Leave(4);
        await gate.EnterAsync(10, Cancellation);
    }

    [Fact]
    public async Task WeightedGate_MoreThanItsCapacity_IsAnError() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => new WeightedGate(10).EnterAsync(11, Cancellation));

    [Fact]
    public void AdmissionGate_OnePictureOverTheBytes_StillFitsAlone()
    {
        var gate = new AdmissionGate(10, 100);
        Assert.True(gate.TryEnter(500, out _));
        Assert.False(gate.TryEnter(1, out var retryAfter));
        Assert.True(retryAfter > TimeSpan.Zero);
        gate.Leave(500);
        Assert.True(gate.TryEnter(60, out _));
        Assert.True(gate.TryEnter(40, out _));
        Assert.False(gate.TryEnter(1, out _));
        Assert.Equal(2, gate.Count);
    }
}
