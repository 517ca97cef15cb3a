using FaceCluster.Training.Optimisation;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Optimisation;

public sealed class OptimiserTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sgd_OverSeveralSteps_EqualsLibtorch(bool nesterov)
    {
        using var scope = NewDisposeScope();
        var (own, other) = Pair();
        using var optimiser = new SgdOptimiser([new TrainedParameter("w", own, 0.01)], 0.9, nesterov);
        using var reference = optim.SGD([other], 0.1, 0.9, 0, 0.01, nesterov);

        Compare(own, other, optimiser, rate => { reference.ParamGroups.Single().LearningRate = rate; reference.step(); });
    }

    [Fact]
    public void AdamW_OverSeveralSteps_EqualsLibtorch()
    {
        using var scope = NewDisposeScope();
        var (own, other) = Pair();
        using var optimiser = new AdamWOptimiser([new TrainedParameter("w", own, 0.01)]);
        using var reference = optim.AdamW([other], 0.1, weight_decay: 0.01);

        Compare(own, other, optimiser, rate => { reference.ParamGroups.Single().LearningRate = rate; reference.step(); });
    }

    [Fact]
    public void ActiveRows_OthersKeepValueAndMomentum()
    {
        using var scope = NewDisposeScope();
        var weight = new Parameter(ones(4, 2));
        using var optimiser = new SgdOptimiser([new TrainedParameter("w", weight, 0.1, 1, () => tensor(new[] { 1L, 3L }))]);
        weight.sum().backward();

        optimiser.Step(0.5);

        Assert.Equal([1, 1, 0.45, 0.45, 1, 1, 0.45, 0.45], weight.Values().Select(value => Math.Round(value, 6)));
        Assert.Equal([0, 0, 1.1, 1.1, 0, 0, 1.1, 1.1], optimiser.State.Single().Value.Values().Select(value => Math.Round(value, 6)));
    }

    [Theory]
    [InlineData(ScheduleKind.Constant, 50, 0.1)]
    [InlineData(ScheduleKind.Polynomial, 10, 0.1)]
    [InlineData(ScheduleKind.Polynomial, 55, 0.05)]
    [InlineData(ScheduleKind.Polynomial, 100, 0)]
    [InlineData(ScheduleKind.Cosine, 55, 0.05)]
    [InlineData(ScheduleKind.Cosine, 100, 0)]
    [InlineData(ScheduleKind.MultiStep, 49, 0.1)]
    [InlineData(ScheduleKind.MultiStep, 50, 0.01)]
    [InlineData(ScheduleKind.MultiStep, 90, 0.001)]
    public void Rate_AtAStep_FollowsTheSchedule(ScheduleKind kind, long step, double expected)
    {
        var rate = new LearningRate(0.1, new ScheduleOptions { Kind = kind, WarmUpEpochs = 1, Milestones = [5, 8] }, 100, 10);

        Assert.Equal(expected, rate.At(step), 9);
    }

    [Fact]
    public void Rate_DuringWarmUp_RisesToTheFullRate()
    {
        var rate = new LearningRate(1, new ScheduleOptions { WarmUpSteps = 10 }, 100, 10);

        var rising = Enumerable.Range(0, 11).Select(step => rate.At(step)).ToArray();

        Assert.Equal(rising.Order(), rising);
        Assert.True(rising[0] > 0);
        Assert.Equal(1, rising[10], 9);
    }

    [Fact]
    public void MovingAverage_OfAConstantNetwork_IsTheNetwork_AndFollowsAChange()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Linear(1, 1, hasBias: false);
        using var average = new MovingAverage(layer, 0.5);
        using (no_grad())
        {
            layer.weight!.fill_(4);
        }

        var before = average.State.Single(entry => entry.Name == "weight").Value.item<float>();
        average.Update();

        // The first step keeps 2 / 11 of the old value, not half of it.
        Assert.Equal(before * 2 / 11 + 4.0 * 9 / 11, average.State.Single(entry => entry.Name == "weight").Value.item<float>(), 4);
    }

    private static (Parameter Own, Parameter Other) Pair()
    {
        manual_seed(1);
        var start = randn(3, 4);
        return (new Parameter(start.clone()), new Parameter(start.clone()));
    }

    private static void Compare(Parameter own, Parameter other, Optimiser optimiser, Action<double> step)
    {
        for (var i = 0; i < 6; i++)
        {
            var target = randn(3, 4);
            foreach (var parameter in new[] { own, other })
            {
                parameter.grad?.zero_();
                (parameter - target).pow(2).sum().backward();
            }

            var rate = 0.1 / (i + 1);
            optimiser.Step(rate);
            step(rate);
            Assert.All(own.Values().Zip(other.Values()), pair => Assert.Equal(pair.First, pair.Second, 5));
        }
    }
}
