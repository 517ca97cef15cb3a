using System.Text.Json.Serialization;
using FaceCluster.Training.Heads;

namespace FaceCluster.Training.Fit;

/// <summary>The head by its name in "kind"; what is common to all, then what each has.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SoftmaxOptions), "softmax")]
[JsonDerivedType(typeof(NormalisedSoftmaxOptions), "nsoftmax")]
[JsonDerivedType(typeof(SphereFaceOptions), "sphereface")]
[JsonDerivedType(typeof(CosFaceOptions), "cosface")]
[JsonDerivedType(typeof(ArcFaceOptions), "arcface")]
[JsonDerivedType(typeof(CombinedOptions), "combined")]
[JsonDerivedType(typeof(MagFaceOptions), "magface")]
[JsonDerivedType(typeof(ElasticFaceOptions), "elasticface")]
[JsonDerivedType(typeof(CurricularFaceOptions), "curricularface")]
[JsonDerivedType(typeof(MvSoftmaxOptions), "mv-softmax")]
[JsonDerivedType(typeof(TvmfOptions), "tvmf")]
public abstract record HeadOptions
{
    /// <summary>Sub-centers of a class; 3 for Sub-center ArcFace.</summary>
    public int SubCenters { get; init; } = 1;

    /// <summary>Cosines of other classes above this count as 0; 0 is off.</summary>
    public double FilterAbove { get; init; }

    /// <summary>Share of the classes used in a step (partial FC).</summary>
    public double SampleRate { get; init; } = 1;

    /// <summary>Builds the head.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public virtual Head Create(int classCount, int dimensions) =>
        new CosineHead(classCount, dimensions, CreateMargin(), new CosineHeadOptions { SubCenters = SubCenters, FilterAbove = FilterAbove, SampleRate = SampleRate, UnitInitialisation = UnitInitialisation });

    private protected virtual bool UnitInitialisation => false;

    private protected abstract Margin CreateMargin();
}

/// <summary>Plain softmax with bias.</summary>
public sealed record SoftmaxOptions : HeadOptions
{
    /// <inheritdoc/>
    public override Head Create(int classCount, int dimensions) => SubCenters == 1 && FilterAbove == 0 && SampleRate == 1
        ? new SoftmaxHead(classCount, dimensions)
        : throw new ArgumentException("head: plain softmax knows no subCenters, filterAbove or sampleRate; nsoftmax does.");

    private protected override Margin CreateMargin() => throw new NotSupportedException();
}

/// <summary>Softmax over scaled cosines.</summary>
public sealed record NormalisedSoftmaxOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    private protected override Margin CreateMargin() => new AngularMargin(Scale, 1, 0, 0, MarginGradient.Exact, MarginFallback.None);
}

/// <summary>SphereFace: the paper's form with lambda, or OpenSphere's.</summary>
public sealed record SphereFaceOptions : HeadOptions
{
    /// <summary>Whether embeddings are normalised and the gradient is detached (OpenSphere).</summary>
    public bool OpenSphere { get; init; }

    /// <summary>m: 1 to 4 as a whole number, or any number from 1 in OpenSphere (1.7).</summary>
    public double Margin { get; init; } = 4;

    /// <summary>s of OpenSphere.</summary>
    public double Scale { get; init; } = 30;

    /// <summary>What lambda falls to.</summary>
    public double LeastLambda { get; init; } = 5;

    /// <summary>Lambda at the start.</summary>
    public double StartLambda { get; init; } = 1500;

    /// <summary>How fast lambda falls per step.</summary>
    public double Decay { get; init; } = 0.1;

    private protected override Margin CreateMargin() => OpenSphere
        ? new OpenSphereMargin(Scale, Margin)
        : Margin == Math.Floor(Margin) ? new SphereMargin((int)Margin, LeastLambda, StartLambda, Decay) : throw new ArgumentException($"head.margin must be a whole number, not {Margin}, unless head.openSphere is true.");
}

/// <summary>CosFace.</summary>
public sealed record CosFaceOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>m, subtracted from the cosine.</summary>
    public double Margin { get; init; } = 0.35;

    private protected override Margin CreateMargin() => new AngularMargin(Scale, 1, 0, Margin, MarginGradient.Exact, MarginFallback.None);
}

/// <summary>ArcFace.</summary>
public sealed record ArcFaceOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>m in radians.</summary>
    public double Margin { get; init; } = 0.5;

    /// <summary>Detached (as InsightFace trains) or exact (as the paper derives).</summary>
    public MarginGradient Gradient { get; init; } = MarginGradient.Detached;

    /// <summary>What happens past pi.</summary>
    public MarginFallback Fallback { get; init; } = MarginFallback.Hard;

    private protected override Margin CreateMargin() => new AngularMargin(Scale, 1, Margin, 0, Gradient, Fallback);
}

/// <summary>cos(m1 t + m2) - m3.</summary>
public sealed record CombinedOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>Factor of the angle.</summary>
    public double M1 { get; init; } = 1;

    /// <summary>Added to the angle.</summary>
    public double M2 { get; init; } = 0.3;

    /// <summary>Subtracted from the cosine.</summary>
    public double M3 { get; init; } = 0.2;

    /// <summary>Detached or exact.</summary>
    public MarginGradient Gradient { get; init; } = MarginGradient.Exact;

    /// <summary>What happens past pi.</summary>
    public MarginFallback Fallback { get; init; } = MarginFallback.Hard;

    private protected override Margin CreateMargin() => new AngularMargin(Scale, M1, M2, M3, Gradient, Fallback);
}

/// <summary>MagFace; for fine-tuning from an ArcFace model with short embeddings [1, 51, 0.45, 1, 5] is known to work.</summary>
public sealed record MagFaceOptions : HeadOptions
{
    /// <summary>Settings of the margin.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>la.</summary>
    public double LowerNorm { get; init; } = 10;

    /// <summary>ua.</summary>
    public double UpperNorm { get; init; } = 110;

    /// <summary>lm.</summary>
    public double LowerMargin { get; init; } = 0.45;

    /// <summary>um.</summary>
    public double UpperMargin { get; init; } = 0.8;

    /// <summary>Weight of g.</summary>
    public double Lambda { get; init; } = 35;

    /// <summary>Mag-CosFace (margins 0.35 to 0.8, lambda 150).</summary>
    public bool Additive { get; init; }

    /// <summary>What happens past pi.</summary>
    public MarginFallback Fallback { get; init; } = MarginFallback.Easy;

    private protected override bool UnitInitialisation => true;

    private protected override Margin CreateMargin() => new MagMargin(new MagMarginOptions
    {
        Scale = Scale,
        LowerNorm = LowerNorm,
        UpperNorm = UpperNorm,
        LowerMargin = LowerMargin,
        UpperMargin = UpperMargin,
        Lambda = Lambda,
        Additive = Additive,
        Fallback = Fallback,
    });
}

/// <summary>ElasticFace-Arc, -Cos and the plus forms.</summary>
public sealed record ElasticFaceOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>Mean margin: 0.5 (arc), 0.35 (cos).</summary>
    public double Margin { get; init; } = 0.5;

    /// <summary>Deviation: 0.05; plus forms 0.0175 (arc), 0.02 (cos).</summary>
    public double Deviation { get; init; } = 0.05;

    /// <summary>The cos form.</summary>
    public bool Additive { get; init; }

    /// <summary>Random, or one of the plus forms: rank (the paper's) or referenceBug.</summary>
    public ElasticAssignment Assignment { get; init; }

    private protected override Margin CreateMargin() => new ElasticMargin(Scale, Margin, Deviation, Additive, Assignment);
}

/// <summary>CurricularFace.</summary>
public sealed record CurricularFaceOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 64;

    /// <summary>m in radians.</summary>
    public double Margin { get; init; } = 0.5;

    private protected override Margin CreateMargin() => new CurricularMargin(Scale, Margin);
}

/// <summary>MV-Softmax.</summary>
public sealed record MvSoftmaxOptions : HeadOptions
{
    /// <summary>s.</summary>
    public double Scale { get; init; } = 32;

    /// <summary>m.</summary>
    public double Margin { get; init; } = 0.35;

    /// <summary>t.</summary>
    public double Raise { get; init; } = 0.2;

    /// <summary>MV-AM rather than MV-Arc.</summary>
    public bool Additive { get; init; } = true;

    /// <summary>Whether targets at negative cosines keep their value.</summary>
    public bool Easy { get; init; } = true;

    /// <summary>Form.</summary>
    public MisclassifiedVariant Variant { get; init; }

    private protected override Margin CreateMargin() => new MisclassifiedMargin(Scale, Margin, Raise, Additive, Easy, Variant);
}

/// <summary>T-vMF similarity.</summary>
public sealed record TvmfOptions : HeadOptions
{
    /// <summary>Concentration.</summary>
    public double Kappa { get; init; } = 16;

    private protected override Margin CreateMargin() => new TvmfMargin(Kappa);
}
