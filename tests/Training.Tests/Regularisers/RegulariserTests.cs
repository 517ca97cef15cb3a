using FaceCluster.Training.Regularisers;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Regularisers;

public sealed class RegulariserTests
{
    [Theory]
    [InlineData("random_correlated", 4096)]
    [InlineData("random_correlated", 3)]
    [InlineData("near_orthogonal", 4)]
    [InlineData("two_parallel_rows", 1)]
    public void RegularFace_OfAnyChunk_GivesTheReferenceValueAndGradient(string name, int chunk)
    {
        var golden = Golden.Open("regularface.json");
        var item = Golden.Case(golden, name);
        using var scope = NewDisposeScope();
        var weight = item.GetProperty("inputs").GetProperty("W").Tensor().requires_grad_();

        var loss = RegularFace.Loss(weight, chunk);
        loss.backward();

        var expected = item.GetProperty("float64");
        Golden.Near(expected.Number("loss"), loss.item<double>(), 1e-9, "loss");
        Golden.Near(expected.GetProperty("grad_W"), weight.grad!, 1e-9, "grad_W");
        Assert.Equal(item.GetProperty("nearest_index").EnumerateArray().Select(index => index.GetInt64()), RegularFace.Nearest(weight, chunk).data<long>().ToArray());
    }

    [Theory]
    [InlineData("project_weight1_lr0.5", 1)]
    [InlineData("project_weight0.003_lr0.5", 0.003)]
    public void CenterLoss_ReferenceForm_GivesTheReferenceStepsWhateverItsWeight(string name, double weight)
    {
        var golden = Golden.Open("center_loss.json");
        using var scope = NewDisposeScope();
        var loss = Create(golden, CenterLossVariant.Reference);
        foreach (var (step, expected) in new[] { "step1", "step2" }.Zip(Golden.Case(golden, name).GetProperty("float64").GetProperty("steps").EnumerateArray()))
        {
            var input = golden.GetProperty("inputs").GetProperty(step);
            var x = input.GetProperty("x").Tensor().requires_grad_();
            var labels = input.GetProperty("labels").Labels();

            var value = loss.forward(x, labels);
            (value * weight).backward();
            loss.Update(x, labels);

            Golden.Near(expected.Number("loss_center"), value.item<double>(), 1e-9, "loss");
            Golden.Near(expected.GetProperty("grad_x"), x.grad!, 1e-9, "grad_x");
            Golden.Near(expected.GetProperty("centers_after"), loss.Centers, 1e-9, "centers");
        }
    }

    [Fact]
    public void CenterLoss_PaperForm_GivesTheRestatedSteps()
    {
        var golden = Golden.Open("center_loss.json");
        using var scope = NewDisposeScope();
        var loss = Create(golden, CenterLossVariant.Paper);
        foreach (var (step, expected) in new[] { "step1", "step2" }.Zip(Golden.Case(golden, "paper_update_alpha0.5_restated").GetProperty("float64").GetProperty("steps").EnumerateArray()))
        {
            var input = golden.GetProperty("inputs").GetProperty(step);
            var x = input.GetProperty("x").Tensor().requires_grad_();
            var labels = input.GetProperty("labels").Labels();

            var value = loss.forward(x, labels);
            value.backward();
            loss.Update(x, labels);

            Golden.Near(expected.Number("loss_half_sum"), value.item<double>(), 1e-9, "loss");
            Golden.Near(expected.GetProperty("grad_x_of_half_sum"), x.grad!, 1e-9, "grad_x");
            Golden.Near(expected.GetProperty("centers_after"), loss.Centers, 1e-9, "centers");
        }
    }

    private static CenterLoss Create(System.Text.Json.JsonElement golden, CenterLossVariant variant)
    {
        var centers = golden.GetProperty("inputs").GetProperty("centers").Tensor();
        var loss = new CenterLoss((int)centers.shape[0], (int)centers.shape[1], 0.5, variant);
        loss.to(ScalarType.Float64);
        loss.Centers.copy_(centers);
        return loss;
    }
}
