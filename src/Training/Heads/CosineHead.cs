using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>What all cosine heads share beside their margin.</summary>
public sealed record CosineHeadOptions
{
    /// <summary>Weight rows of a class (sub-centers, Deng et al. 2020); a class's cosine is that of its best row.</summary>
    public int SubCenters { get; init; } = 1;

    /// <summary>
    /// Inter-class filtering (An et al. 2022): a cosine to another class above this counts as 0, because it is probably a wrongly
    /// split identity. 0 is off; 0.4 in the published configurations.
    /// </summary>
    public double FilterAbove { get; init; }

    /// <summary>
    /// Partial FC (An et al. 2021): share of the classes used in a step, above 0 to 1. The classes of the batch are always used, the
    /// rest is drawn at random.
    /// </summary>
    public double SampleRate { get; init; } = 1;

    /// <summary>
    /// Whether the reported loss of a picture stops at 69.08 = -ln(1e-30), as arcface_torch's distributed cross entropy reports it;
    /// its gradient is that of the whole cross entropy.
    /// </summary>
    public bool CapLoss { get; init; }

    /// <summary>Whether weights start as N(0, 0.01) or, as in MagFace and SV-X-Softmax, uniform on [-1, 1] and of unit length.</summary>
    public bool UnitInitialisation { get; init; }
}

/// <summary>
/// Cosines of embeddings to class weights, through a <see cref="Margin"/> to logits and cross entropy. Filtering, sub-centers and
/// class sampling come before the margin and work with any of them.
/// </summary>
public sealed class CosineHead : Head
{
    private readonly CosineHeadOptions _options;
    private Tensor? _active;

    /// <param name="classCount">Number of classes, at least 2.</param>
    /// <param name="dimensions">Dimensions of the embedding.</param>
    /// <param name="margin">The rule from cosines to logits; owned by the head.</param>
    /// <param name="options">Sub-centers, filtering, sampling.</param>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public CosineHead(int classCount, int dimensions, Margin margin, CosineHeadOptions? options = null)
        : base(nameof(CosineHead), classCount)
    {
        _options = options ?? new CosineHeadOptions();
        HeadLimits.Within("classes", classCount, 2, int.MaxValue);
        HeadLimits.Within("subCenters", _options.SubCenters, 1, 64);
        HeadLimits.Within("filterAbove", _options.FilterAbove, 0, 1);
        HeadLimits.Within("sampleRate", _options.SampleRate, 0, 1, exclusiveLow: true);
        var weight = empty(classCount * (long)_options.SubCenters, dimensions);
        using (no_grad())
        {
            if (_options.UnitInitialisation)
            {
                nn.init.uniform_(weight, -1, 1);
                weight.div_(weight.norm(1, keepdim: true).clamp_min(1e-12));
            }
            else
            {
                nn.init.normal_(weight, 0, 0.01);
            }
        }

        Margin = margin;
        register_parameter("weight", new Parameter(weight));
        register_module("margin", margin);
    }

    /// <summary>The rule from cosines to logits.</summary>
    public Margin Margin { get; }

    /// <inheritdoc/>
    public override Tensor Weight => get_parameter("weight")!;

    /// <inheritdoc/>
    public override Tensor? ActiveRows => _active;

    /// <inheritdoc/>
    public override HeadOutput forward(Tensor embeddings, Tensor labels)
    {
        if (training)
        {
            Margin.NextStep();
        }

        var weight = Weight;
        var wide = Widen(embeddings);
        var local = labels;
        Forget();
        if (_options.SampleRate < 1 && training)
        {
            var classes = SampleClasses(labels);
            local = searchsorted(classes, labels);
            var rows = _options.SubCenters == 1 ? classes : (classes.unsqueeze(1) * _options.SubCenters + arange(_options.SubCenters).to(classes.device)).flatten();
            weight = weight.index_select(0, rows);
            _active = rows.DetachFromDisposeScope();
        }

        var norm = wide.norm(1, keepdim: true);
        var unit = wide / norm.clamp_min(1e-12);
        var cosine = nn.functional.linear(unit, nn.functional.normalize(weight, 2, 1)).clamp(-1, 1);
        if (_options.SubCenters > 1)
        {
            cosine = cosine.view(cosine.shape[0], -1, _options.SubCenters).max(2).values;
        }

        return Classify(cosine, local, norm);
    }

    /// <summary>
    /// From cosines [batch, classes] to the loss: filtering, margin, cross entropy. A label of -1 means that the own class is not
    /// among the columns; such a row has no target and is left out of the cross entropy.
    /// </summary>
    internal HeadOutput Classify(Tensor cosine, Tensor labels, Tensor norm)
    {
        var index = labels.clamp_min(0).unsqueeze(1);
        var present = (labels >= 0).unsqueeze(1);
        var isTarget = zeros_like(cosine, ScalarType.Bool).scatter(1, index, present);
        var raw = cosine.detach();
        if (_options.FilterAbove > 0)
        {
            var wrong = (cosine.detach() > _options.FilterAbove).logical_and(isTarget.logical_not());
            cosine = where(wrong, zeros(1, cosine.dtype, cosine.device), cosine);
        }

        var target = where(present, cosine.gather(1, index), zeros(1, cosine.dtype, cosine.device));
        var output = Margin.forward(new MarginInput(cosine, isTarget, target, norm));
        var loss = nn.functional.cross_entropy(output.Logits, labels, ignore_index: -1);
        if (_options.CapLoss)
        {
            var rows = nn.functional.cross_entropy(output.Logits.detach(), labels, ignore_index: -1, reduction: nn.Reduction.None);
            loss = Angles.StraightThrough(loss, rows.clamp_max(-Math.Log(1e-30)).sum() / present.sum());
        }

        if (output.Penalty is not null)
        {
            loss = loss + output.Penalty;
        }

        return new HeadOutput(loss, output.Logits, labels, raw, [.. output.Measures, ("cosine/target", target.detach().mean())]);
    }

    /// <summary>Classes of a step, ascending: those of the batch and random others up to the sampled share.</summary>
    private Tensor SampleClasses(Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var wanted = Math.Min(ClassCount, (long)Math.Ceiling(_options.SampleRate * ClassCount));
        var order = rand(ClassCount, device: labels.device);
        order.index_fill_(0, labels, 2);
        var present = labels.unique().output.shape[0];
        return order.topk((int)Math.Max(wanted, present)).indexes.sort(0).Values.MoveToOuterDisposeScope();
    }

    private void Forget()
    {
        _active?.Dispose();
        _active = null;
    }
}
