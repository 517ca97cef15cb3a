using FaceCluster.Training.Heads;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Heads;

public sealed class HeadPropertyTests
{
    private const int Classes = 7;
    private const int Dimensions = 6;

    public static TheoryData<string> Exact => ["softmax", "nsoftmax", "sphere", "cosface", "arcface", "arcface-hard", "combined", "combined-hard", "subcenter", "filter", "mv-am", "mv-arc",
        "curricular", "magface", "magface-cos", "elastic-arc", "elastic-cos", "tvmf"];

    public static TheoryData<string> Any => [.. Exact.Select(row => row.Data), "arcface-detached", "opensphere"];

    [Theory]
    [MemberData(nameof(Exact))]
    public void ExactGradient_EqualsFiniteDifferences(string name)
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var head = Create(name);
        head.to(ScalarType.Float64);
        head.eval(); // buffers stay as they are between the evaluations
        var x = (randn(5, Dimensions, ScalarType.Float64) * 6).requires_grad_();
        var labels = tensor(new long[] { 0, 3, 3, 6, 1 });
        using (no_grad())
        {
            head.Weight.copy_(randn(head.Weight.shape, ScalarType.Float64));
        }

        head.forward(x, labels).Loss.backward();

        foreach (var tensor in new[] { x, head.Weight })
        {
            var analytic = tensor.grad!.Values();
            var largest = analytic.Max(Math.Abs);
            for (var i = 0; i < analytic.Length; i += 3)
            {
                const double step = 1e-6;
                var difference = (Value(head, x, labels, tensor, i, step) - Value(head, x, labels, tensor, i, -step)) / (2 * step);
                Assert.True(Math.Abs(difference - analytic[i]) <= 1e-6 * Math.Max(largest, 1e-3), $"{name}[{i}]: finite difference {difference}, gradient {analytic[i]}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Any))]
    public void Loss_AtTheEndsOfTheCosine_HasFiniteGradientsInSinglePrecision(string name)
    {
        using var scope = NewDisposeScope();
        var head = Create(name);
        using (no_grad())
        {
            head.Weight.copy_(randn(head.Weight.shape));
        }

        var subCenters = head.Weight.shape[0] / Classes;
        var x = cat([head.Weight[2 * subCenters] * 9, head.Weight[3 * subCenters] * -9, zeros(Dimensions)], 0).reshape(3, Dimensions).detach().requires_grad_();

        var output = head.forward(x, tensor(new long[] { 2, 3, 1 }));
        output.Loss.backward();

        Assert.True(double.IsFinite(output.Loss.item<float>()));
        Assert.All(x.grad!.Values(), value => Assert.True(double.IsFinite(value)));
        Assert.All(head.Weight.grad!.Values(), value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void DetachedAndExactGradients_AreThoseOfTheHandbook()
    {
        using var scope = NewDisposeScope();
        foreach (var (gradient, expected) in new[] { (MarginGradient.Detached, -63.999), (MarginGradient.Exact, -73.879) })
        {
            var cosine = tensor(new[] { 0.5, 0.2, -0.3 }).reshape(1, 3).requires_grad_();
            var head = new CosineHead(3, 2, new AngularMargin(64, 1, 0.5, 0, gradient, MarginFallback.None));

            head.Classify(cosine, tensor(new[] { 0L }), torch.ones(1, 1)).Loss.backward();

            Assert.Equal(expected, cosine.grad!.Values()[0], 2);
            Assert.Equal(63.999, cosine.grad!.Values()[1], 2);
        }
    }

    [Fact]
    public void ElasticRank_GivesLargerMarginsToSmallerCosines()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var margin = new ElasticMargin(1, 0.35, 0.02, additive: true, ElasticAssignment.Rank);
        var cosine = rand(32, 1) * 2 - 1;
        var input = new MarginInput(cosine, ones(32, 1, ScalarType.Bool), cosine, ones(32, 1));

        var used = (cosine - margin.forward(input).Logits).Values();

        var bySmallestCosine = cosine.Values().Zip(used).OrderBy(pair => pair.First).Select(pair => pair.Second).ToArray();
        Assert.Equal(bySmallestCosine.OrderDescending(), bySmallestCosine);
        Assert.True(used.Distinct().Count() > 20);
    }

    [Fact]
    public void Curriculum_IsUpdatedBeforeUse_AndOnlyInTraining()
    {
        using var scope = NewDisposeScope();
        var margin = new CurricularMargin();
        var cosine = full(4, 2, 0.5f);
        var input = new MarginInput(cosine, tensor(new[] { true, false, true, false, true, false, true, false }).reshape(4, 2), full(4, 1, 0.5f), ones(4, 1));

        margin.forward(input);
        margin.eval();
        margin.forward(input);

        Assert.Equal(0.005, margin.get_buffer("t")!.item<float>(), 6);
    }

    [Fact]
    public void MagFace_LengthsOutsideTheRange_GetNoPull()
    {
        using var scope = NewDisposeScope();
        var head = new CosineHead(2, 2, new MagMargin(new MagMarginOptions { Scale = 1e-6, LowerMargin = 0, UpperMargin = 0 }));
        var x = tensor(new[] { 5f, 0, 50, 0, 500, 0 }).reshape(3, 2).requires_grad_();

        head.forward(x, tensor(new[] { 0L, 0L, 0L })).Loss.backward();

        var gradient = x.grad!.Values();
        Assert.Equal(0, gradient[0], 4);
        Assert.True(gradient[2] < -1e-3, "the length within the range is pulled up");
        Assert.Equal(0, gradient[4], 4);
    }

    [Fact]
    public void PartialClasses_KeepEveryClassOfTheBatch_AndTheFullLossAtRateOne()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var head = new CosineHead(1000, 8, new AngularMargin(16, 1, 0, 0.35, MarginGradient.Exact, MarginFallback.None), new CosineHeadOptions { SampleRate = 0.1 });
        var x = randn(6, 8);
        long[] labels = [999, 0, 17, 17, 500, 3];

        var output = head.forward(x, tensor(labels));
        output.Loss.backward();

        var rows = head.ActiveRows!.data<long>().ToArray();
        Assert.Equal(100, rows.Length);
        Assert.Equal(rows.Order(), rows);
        Assert.Equal(labels, output.Labels.data<long>().ToArray().Select(label => rows[label]));
        var touched = head.Weight.grad!.abs().sum(1).Values();
        Assert.All(Enumerable.Range(0, 1000).Except(rows.Select(row => (int)row)), row => Assert.Equal(0, touched[row]));
        head.eval();
        Assert.Equal(1000, head.forward(x, tensor(labels)).Logits.shape[1]);
    }

    [Theory]
    [InlineData("scale")]
    [InlineData("sampleRate")]
    [InlineData("upperNorm")]
    public void SettingOutOfRange_IsRefusedByName(string field)
    {
        var error = Assert.Throws<ArgumentException>(() => field switch
        {
            "scale" => new CosineHead(3, 2, new CurricularMargin(0)),
            "sampleRate" => new CosineHead(3, 2, new CurricularMargin(), new CosineHeadOptions { SampleRate = 1.5 }),
            _ => new CosineHead(3, 2, new MagMargin(new MagMarginOptions { LowerNorm = 20, UpperNorm = 10 })),
        });

        Assert.Contains($"head.{field}", error.Message, StringComparison.Ordinal);
    }

    private static double Value(Head head, Tensor x, Tensor labels, Tensor moved, int index, double step)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var flat = moved.view(-1);
        var before = flat[index].item<double>();
        flat[index] = before + step;
        var loss = head.forward(x, labels).Loss.item<double>();
        flat[index] = before;
        return loss;
    }

    private static Head Create(string name)
    {
        const double s = 8;
        static AngularMargin Angular(double m1, double m2, double m3, MarginFallback fallback = MarginFallback.None, MarginGradient gradient = MarginGradient.Exact) =>
            new(s, m1, m2, m3, gradient, fallback);
        return name switch
        {
            "softmax" => new SoftmaxHead(Classes, Dimensions),
            "nsoftmax" => new CosineHead(Classes, Dimensions, Angular(1, 0, 0)),
            "sphere" => new CosineHead(Classes, Dimensions, new SphereMargin(4, startLambda: 5)),
            "opensphere" => new CosineHead(Classes, Dimensions, new OpenSphereMargin(s)),
            "cosface" => new CosineHead(Classes, Dimensions, Angular(1, 0, 0.35)),
            "arcface" => new CosineHead(Classes, Dimensions, Angular(1, 0.5, 0)),
            "arcface-detached" => new CosineHead(Classes, Dimensions, Angular(1, 0.5, 0, gradient: MarginGradient.Detached)),
            "arcface-hard" => new CosineHead(Classes, Dimensions, Angular(1, 0.5, 0, MarginFallback.Hard)),
            "combined" => new CosineHead(Classes, Dimensions, Angular(0.9, 0.4, 0.15)),
            "combined-hard" => new CosineHead(Classes, Dimensions, Angular(1.3, 0.4, 0.15, MarginFallback.Hard)),
            "subcenter" => new CosineHead(Classes, Dimensions, Angular(1, 0.5, 0), new CosineHeadOptions { SubCenters = 3 }),
            "filter" => new CosineHead(Classes, Dimensions, Angular(1, 0.5, 0), new CosineHeadOptions { FilterAbove = 0.2 }),
            "mv-am" => new CosineHead(Classes, Dimensions, new MisclassifiedMargin(s, 0.35, 0.2, true, true, MisclassifiedVariant.Adaptive)),
            "mv-arc" => new CosineHead(Classes, Dimensions, new MisclassifiedMargin(s, 0.35, 0.2, false, false, MisclassifiedVariant.Fixed)),
            "curricular" => new CosineHead(Classes, Dimensions, new CurricularMargin(s)),
            "magface" => new CosineHead(Classes, Dimensions, new MagMargin(new MagMarginOptions { Scale = s })),
            "magface-cos" => new CosineHead(Classes, Dimensions, new MagMargin(new MagMarginOptions { Scale = s, Additive = true, LowerMargin = 0.35, Lambda = 150 })),
            "elastic-arc" => new CosineHead(Classes, Dimensions, Fixed(new ElasticMargin(s, 0.5, 0.05, false, ElasticAssignment.Random))),
            "elastic-cos" => new CosineHead(Classes, Dimensions, Fixed(new ElasticMargin(s, 0.35, 0.05, true, ElasticAssignment.Rank))),
            _ => new CosineHead(Classes, Dimensions, new TvmfMargin()),
        };
    }

    private static ElasticMargin Fixed(ElasticMargin margin)
    {
        margin.Draw = (count, type) => linspace(0.4, 0.6, count, type).reshape(-1, 1);
        return margin;
    }
}
