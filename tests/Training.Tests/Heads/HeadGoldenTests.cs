using System.Text.Json;
using FaceCluster.Training.Heads;
using FaceCluster.Training.Tests.Infrastructure;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Heads;

/// <summary>Every head against the values, logits and gradients of the official implementations, in double and single precision.</summary>
public sealed class HeadGoldenTests
{
    public static TheoryData<string, string> Cases => List(_ => true);

    // At |cos| = 1 rounding decides what the reference gives in single precision: those cases are compared in double precision only.
    public static TheoryData<string, string> SingleCases => List(name => !name.Contains("edge", StringComparison.Ordinal));

    private static readonly Dictionary<string, string[]> Files = new()
    {
        ["softmax_normalised"] = ["default_s64", "soft_s8", "edge_s16"],
        ["sphereface"] = ["m4_it1", "m4_it3000_lambda5", "m3_it3000_lambda5", "edge_m4_it3000", "opensphere_s30_m1.7", "opensphere_edge"],
        ["cosface"] = ["class_CosFace_m0.40", "CombinedMarginLoss_1_0_0.35", "soft_s8_m0.35", "edge_s16_m0.35", "CombinedMarginLoss_ignores_m1_m2"],
        ["arcface"] = ["straight_through_s64_m0.5", "straight_through_class_ArcFace_s64", "straight_through_s8", "straight_through_edge_s16", "exact_no_fallback_s64",
            "exact_no_fallback_s8", "exact_no_fallback_edge_s16", "exact_hard_fallback_s64", "exact_hard_fallback_s8", "exact_hard_fallback_edge_s16", "askd_head_s32",
            "easy_margin_s64", "facexzoo_s32_m0.35"],
        ["combined_margin"] = ["m1=1_m2=0.3_m3=0.2_s64", "m1=1_m2=0.5_m3=0_s64", "m1=1_m2=0_m3=0.35_s64", "m1=0.9_m2=0.4_m3=0.15_s64", "m1=1.35_m2=0_m3=0_s64",
            "m1=1_m2=0.3_m3=0.2_s8", "m1=1_m2=0.3_m3=0.2_edge_s16"],
        ["interclass_filtering"] = ["arc_tau0.4_s64", "cos_m3_0.4_tau0.4_s64", "arc_tau0.4_s8", "arc_tau0.4_edge_s16"],
        ["subcenter_arcface"] = ["K3_arc_s64_m0.5", "K3_arc_s8_m0.5"],
        ["mv_softmax"] = ["svx_MV-AM_easy1_s32", "svx_MV-AM_easy0_s32", "svx_MV-Arc_easy1_s32", "svx_MV-Arc_easy0_s32", "svx_AM_easy1_s32", "svx_AM_easy0_s32",
            "svx_Arc_easy1_s32", "svx_Arc_easy0_s32", "svx_MV-AM_s8", "svx_MV-Arc_edge_s16", "facexzoo_is_am1_s32", "facexzoo_is_am0_s32", "boundaryface_copy_fixed_s32"],
        ["curricularface"] = ["call1_s64", "call2_s64", "call1_s8", "call2_s8", "edge_t0.3_s16"],
        ["magface"] = ["arc_easy_s64", "arc_easy_s8", "arc_hard_s64", "arc_easy_edge_s16", "cos_s64", "cos_s8", "cos_edge_s16"],
        ["elasticface"] = ["arc_s64", "arc_s8", "cos_s64", "cos_s8", "arc_plus_as_coded_s64", "arc_plus_rank_correct_s64", "arc_plus_as_coded_s8", "arc_plus_rank_correct_s8",
            "cos_plus_as_coded_s64", "cos_plus_rank_correct_s64", "cos_plus_as_coded_s8", "cos_plus_rank_correct_s8", "arc_edge_s16"],
        ["tvmf"] = ["kappa16_s0_0", "kappa4_s0_0.7", "kappa64_s0_0", "kappa-0.3_s0_0", "CosLoss_s0_0", "kappa16_edge"],
    };

    [Fact]
    public void EveryCaseOfEveryFile_IsCovered()
    {
        foreach (var (file, names) in Files)
        {
            var all = Golden.Open(file + ".json").GetProperty("cases").EnumerateArray().Select(item => item.GetProperty("name").GetString()!);
            Assert.Equal(all.Where(name => !name.EndsWith("logits_only", StringComparison.Ordinal)).Order(), names.Order());
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Head_InDoublePrecision_GivesTheReferenceValuesAndGradients(string file, string name) => Compare(file, name, ScalarType.Float64, "float64", 1e-8);

    [Theory]
    [MemberData(nameof(SingleCases))]
    public void Head_InSinglePrecision_GivesTheReferenceValuesAndGradients(string file, string name) => Compare(file, name, ScalarType.Float32, "float32", 2e-4);

    [Fact]
    public void Filtering_RowsWithoutTheirClass_HaveNoTarget()
    {
        var item = Golden.Case(Golden.Open("interclass_filtering.json"), "partial_shard_with_minus_one_labels_logits_only");
        using var scope = NewDisposeScope();
        var cosine = item.GetProperty("float64").GetProperty("cos_in").Tensor();
        var head = new CosineHead(5, 16, Arc(64, 0.5, MarginGradient.Detached), new CosineHeadOptions { FilterAbove = 0.4 });

        var output = head.Classify(cosine, item.GetProperty("labels").Labels(), torch.ones(cosine.shape[0], 1, ScalarType.Float64));

        Golden.Near(item.GetProperty("float64").GetProperty("logits"), output.Logits, 1e-9, "logits");
    }

    [Fact]
    public void Purification_OnReferenceSet_KeepsTheReferencePictures()
    {
        var cleaning = Golden.Open("subcenter_arcface.json").GetProperty("cleaning");
        var inputs = cleaning.GetProperty("inputs");
        using var scope = NewDisposeScope();
        var labels = inputs.GetProperty("identity").EnumerateArray().Select(label => label.GetInt64()).ToArray();

        var classes = SubCenterPurification.Purify(inputs.GetProperty("features").Tensor(), labels, inputs.GetProperty("W").Tensor(), 3, 75);

        foreach (var (expected, found) in cleaning.GetProperty("result").EnumerateArray().Zip(classes))
        {
            Assert.Equal(expected.GetProperty("identity").GetInt64(), found.Class);
            Assert.Equal(expected.GetProperty("count_per_subcenter").EnumerateArray().Select(count => count.GetInt32()), found.Counts);
            Assert.Equal(expected.GetProperty("dominant").GetInt32(), found.Dominant);
            Assert.Equal(expected.GetProperty("kept_image_positions").EnumerateArray().Select(position => position.GetInt32()), found.Kept);
            Assert.Equal(expected.GetProperty("new_label").ValueKind == JsonValueKind.Null ? null : expected.GetProperty("new_label").GetInt64(), found.NewLabel);
            Assert.All(expected.GetProperty("cos_to_dominant").Numbers().Zip(found.Cosines), pair => Assert.Equal(pair.First, pair.Second, 9));
        }
    }

    private static void Compare(string file, string name, ScalarType type, string block, double tolerance)
    {
        var golden = Golden.Open(file + ".json");
        var item = Golden.Case(golden, name);
        var expected = item.GetProperty(block);
        var config = item.GetProperty("config");
        using var scope = NewDisposeScope();
        var inputs = golden.GetProperty("inputs").GetProperty(item.GetProperty("inputs").GetString()!);
        var x = inputs.GetProperty("x").Tensor(type).requires_grad_();
        var labels = inputs.GetProperty("labels").Labels();
        var head = Create(file, name, config, item, type);
        head.to(type);
        using (no_grad())
        {
            head.Weight.copy_(inputs.GetProperty("W").Tensor(type));
        }

        if (config.TryGetProperty("previous_call", out var previous))
        {
            var before = golden.GetProperty("inputs").GetProperty(previous.GetString()!);
            using (no_grad())
            {
                head.Weight.copy_(before.GetProperty("W").Tensor(type));
                head.forward(before.GetProperty("x").Tensor(type), before.GetProperty("labels").Labels());
                head.Weight.copy_(inputs.GetProperty("W").Tensor(type));
            }
        }
        else if (file == "curricularface")
        {
            head.Margin.get_buffer("t")!.fill_(expected.GetProperty("t_before").Numbers().First());
        }

        var multiplier = config.TryGetProperty("x_multiplier", out var factor) ? factor.GetDouble() : 1;
        var output = head.forward(x * multiplier, labels);
        output.Loss.backward();

        // At |cos| = 1 (rows 0 and 1 of the edge set) the slopes of angle functions are infinite: there only finite values are asked for.
        var edge = item.GetProperty("inputs").GetString() == "edge";
        var restated = file == "combined_margin";
        Golden.Near(expected.GetProperty("logits"), output.Logits, edge && restated ? 2e-5 : tolerance, "logits");
        Golden.Near(expected.Number("loss"), output.Loss.item<double>(type), edge && restated ? 2e-5 : tolerance, "loss");
        Golden.NearRows(expected.GetProperty("grad_x"), x.grad!, tolerance, "grad_x", row => !edge || row > 1 || !Angular(file, name));
        if (expected.TryGetProperty("grad_W", out var gradient) && file != "sphereface" && !(edge && Angular(file, name)))
        {
            Golden.Near(gradient, head.Weight.grad!, tolerance, "grad_W");
        }

        if (expected.TryGetProperty("t_after", out var after))
        {
            Golden.Near(after, head.Margin.get_buffer("t")!, tolerance, "t");
        }

        if (expected.TryGetProperty("grad_s0", out var slope))
        {
            Golden.Near(slope, head.Margin.get_parameter("s0")!.grad!, tolerance, "grad_s0");
        }
    }

    private static TheoryData<string, string> List(Func<string, bool> chosen)
    {
        var data = new TheoryData<string, string>();
        foreach (var (file, names) in Files)
        {
            foreach (var name in names.Where(chosen))
            {
                data.Add(file, name);
            }
        }

        return data;
    }

    private static bool Angular(string file, string name) => file switch
    {
        "arcface" => name.StartsWith("exact", StringComparison.Ordinal),
        "combined_margin" or "mv_softmax" or "curricularface" => true,
        "magface" or "elasticface" => name.StartsWith("arc", StringComparison.Ordinal),
        "sphereface" => true,
        _ => false,
    };

    private static AngularMargin Arc(double s, double m, MarginGradient gradient, MarginFallback fallback = MarginFallback.None) => new(s, 1, m, 0, gradient, fallback);

    private static CosineHead Create(string file, string name, JsonElement config, JsonElement item, ScalarType type)
    {
        double Value(string key, double otherwise = 0) => config.TryGetProperty(key, out var value) ? value.Number() : otherwise;
        bool Flag(string key) => config.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.True;
        var s = Value("s", 1);
        var m = Value("m");
        var options = new CosineHeadOptions();
        Margin margin;
        switch (file)
        {
            case "softmax_normalised":
                margin = Arc(s, 0, MarginGradient.Exact);
                break;
            case "cosface":
                options = options with { CapLoss = true };
                margin = new AngularMargin(s, 1, 0, Value("m3", m), MarginGradient.Exact, MarginFallback.None);
                break;
            case "sphereface" when name.StartsWith("opensphere", StringComparison.Ordinal):
                margin = new OpenSphereMargin(s, m);
                break;
            case "sphereface":
                margin = new SphereMargin((int)m) { Iteration = (long)Value("it") - 1 };
                break;
            case "arcface":
                options = options with { CapLoss = name.StartsWith("straight", StringComparison.Ordinal) };
                margin = Arc(s, m, name.StartsWith("straight", StringComparison.Ordinal) ? MarginGradient.Detached : MarginGradient.Exact, name switch
                {
                    _ when name.Contains("hard", StringComparison.Ordinal) || name.StartsWith("askd", StringComparison.Ordinal) => MarginFallback.Hard,
                    _ when name.StartsWith("easy", StringComparison.Ordinal) => MarginFallback.Easy,
                    _ when name.StartsWith("facexzoo", StringComparison.Ordinal) => MarginFallback.Plain,
                    _ => MarginFallback.None,
                });
                break;
            case "combined_margin":
                margin = new AngularMargin(s, Value("m1"), Value("m2"), Value("m3"), MarginGradient.Exact, MarginFallback.None);
                break;
            case "interclass_filtering":
                margin = new AngularMargin(s, 1, Value("m2"), Value("m3"), MarginGradient.Detached, MarginFallback.None);
                options = options with { FilterAbove = Value("tau"), CapLoss = true };
                break;
            case "subcenter_arcface":
                margin = Arc(s, Value("m2"), MarginGradient.Exact);
                options = options with { SubCenters = 3 };
                break;
            case "mv_softmax" when name.StartsWith("svx_AM", StringComparison.Ordinal):
                margin = Flag("easy_margin") ? Gated(s, Value("margin")) : new AngularMargin(s, 1, 0, Value("margin"), MarginGradient.Exact, MarginFallback.None);
                break;
            case "mv_softmax" when name.StartsWith("svx_Arc", StringComparison.Ordinal):
                margin = Arc(s, Value("margin"), MarginGradient.Exact, Flag("easy_margin") ? MarginFallback.Easy : MarginFallback.None);
                break;
            case "mv_softmax" when name.StartsWith("svx", StringComparison.Ordinal):
                margin = new MisclassifiedMargin(s, Value("margin"), Value("t"), config.GetProperty("fc_type").GetString() == "MV-AM", Flag("easy_margin"), MisclassifiedVariant.Adaptive);
                break;
            case "mv_softmax" when name.StartsWith("facexzoo", StringComparison.Ordinal):
                margin = new MisclassifiedMargin(s, Value("margin"), Value("mv_weight") - 1, Value("is_am") == 1, easy: true, MisclassifiedVariant.FaceXZoo);
                break;
            case "mv_softmax":
                margin = new MisclassifiedMargin(s, m, Value("t"), additive: false, easy: false, MisclassifiedVariant.BoundaryFace);
                break;
            case "curricularface":
                margin = new CurricularMargin(s, m);
                break;
            case "magface":
                margin = new MagMargin(new MagMarginOptions
                {
                    Scale = s,
                    LowerNorm = Value("l_a"),
                    UpperNorm = Value("u_a"),
                    LowerMargin = Value("l_margin"),
                    UpperMargin = Value("u_margin"),
                    Lambda = Value("lambda_g"),
                    Additive = name.StartsWith("cos", StringComparison.Ordinal),
                    Fallback = Flag("easy_margin") ? MarginFallback.Easy : MarginFallback.Hard,
                });
                break;
            case "elasticface":
                margin = new ElasticMargin(s, m, Value("sigma"), name.StartsWith("cos", StringComparison.Ordinal),
                    name.Contains("as_coded", StringComparison.Ordinal) ? ElasticAssignment.ReferenceBug
                    : name.Contains("rank", StringComparison.Ordinal) ? ElasticAssignment.Rank : ElasticAssignment.Random)
                {
                    Draw = (_, _) => item.GetProperty("margin_draw").Tensor(type).reshape(-1, 1),
                };
                break;
            default:
                margin = new TvmfMargin(Value("kappa"));
                margin.get_parameter("s0")!.detach().fill_(Value("s0"));
                break;
        }

        return new CosineHead(10, 16, margin, options);
    }

    // The cosine margin with the easy gate is MV-AM whose hard classes are raised by nothing.
    private static MisclassifiedMargin Gated(double s, double margin) => new(s, margin, 0, additive: true, easy: true, MisclassifiedVariant.Adaptive);
}
