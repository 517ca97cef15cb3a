namespace FaceCluster.Grains;

/// <summary>How to read a picture.</summary>
public enum PictureKind : byte
{
    /// <summary>Find faces in it.</summary>
    Frame = 0,

    /// <summary>It is an aligned 112x112 crop.</summary>
    AlignedCrop = 1,

    /// <summary>The whole picture is the box of one face.</summary>
    WholeImage = 2,
}

/// <summary>One encoded picture.</summary>
[GenerateSerializer, Immutable, Alias("fc.PictureRequest")]
public sealed record PictureRequest
{
    /// <summary>JPEG, PNG or WebP.</summary>
    [Id(0)]
    public required ReadOnlyMemory<byte> Encoded { get; init; }

    [Id(1)]
    public PictureKind Kind { get; init; }

    /// <summary>Faces wanted at most, best score first; 0 takes the silo's limit.</summary>
    [Id(2)]
    public int MaxFaces { get; init; }
}

/// <summary>A face found in a picture.</summary>
[GenerateSerializer, Immutable, Alias("fc.PictureFace")]
public sealed record PictureFace
{
    /// <summary>In pixels of the upright picture.</summary>
    [Id(0)]
    public FaceBox? Box { get; init; }

    [Id(1)]
    public float DetectionScore { get; init; }

    /// <summary>Magnitude of the raw embedding.</summary>
    [Id(2)]
    public float Magnitude { get; init; }

    /// <summary>The raw embedding, dimension little-endian singles.</summary>
    [Id(3)]
    public required ReadOnlyMemory<byte> Embedding { get; init; }
}

/// <summary>What was found in a picture, or why it was refused.</summary>
[GenerateSerializer, Immutable, Alias("fc.PictureAnswer")]
public sealed record PictureAnswer
{
    [Id(0)]
    public IReadOnlyList<PictureFace> Faces { get; init; } = [];

    /// <summary>Faces found beyond the limit.</summary>
    [Id(1)]
    public int FacesOverLimit { get; init; }

    /// <summary>A stable UPPER_SNAKE reason where the picture was refused, else null.</summary>
    [Id(2)]
    public string? RefusalReason { get; init; }

    /// <summary>The refusal as a sentence that names the limit, or null.</summary>
    [Id(3)]
    public string? RefusalMessage { get; init; }

    /// <summary>Where <see cref="RefusalReason"/> is OVERLOADED: try again after this long.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Width and height of the upright picture in pixels.</summary>
    [Id(5)]
    public int Width { get; init; }

    [Id(6)]
    public int Height { get; init; }

    /// <summary>Faces that were found but cannot be used.</summary>
    [Id(7)]
    public IReadOnlyList<RefusedFace> Refused { get; init; } = [];
}

/// <summary>Why a face that was found is not used.</summary>
public enum RefusedFaceReason : byte
{
    /// <summary>Smaller than the smallest face the silo embeds.</summary>
    TooSmall = 0,

    /// <summary>The model's output has no finite, positive length.</summary>
    InvalidEmbedding = 1,
}

/// <summary>A face that was found but cannot be used.</summary>
[GenerateSerializer, Immutable, Alias("fc.RefusedFace")]
public sealed record RefusedFace
{
    /// <summary>In pixels of the upright picture; null where the picture is an aligned crop.</summary>
    [Id(0)]
    public FaceBox? Box { get; init; }

    [Id(1)]
    public float DetectionScore { get; init; }

    [Id(2)]
    public RefusedFaceReason Reason { get; init; }
}

/// <summary>What the inference of a silo runs on.</summary>
[GenerateSerializer, Immutable, Alias("fc.InferenceStatus")]
public sealed record InferenceStatus
{
    [Id(0)]
    public required string ModelId { get; init; }

    [Id(1)]
    public required int Dimension { get; init; }

    /// <summary>The provider really in use: cpu or cuda.</summary>
    [Id(2)]
    public required string Provider { get; init; }

    [Id(3)]
    public int QueueLength { get; init; }

    /// <summary>Magnitude quantiles of the model: probability to magnitude.</summary>
    [Id(4)]
    public IReadOnlyDictionary<double, float> MagnitudeQuantiles { get; init; } = new Dictionary<double, float>();

    /// <summary>Slope of the model's logistic calibration of cosines, above 0; null where its manifest has none.</summary>
    [Id(5)]
    public double? CalibrationSlope { get; init; }

    /// <summary>The cosine at which that calibration gives one half, -1 to 1; null where the manifest has none.</summary>
    [Id(6)]
    public double? CalibrationMidpoint { get; init; }
}

/// <summary>
/// The stateless way to the silo's inference engine. Key: 0. It lives only in silos that carry the inference assembly.
/// </summary>
[Alias("fc.IEmbedGrain")]
public interface IEmbedGrain : IGrainWithIntegerKey
{
    /// <summary>Analyses one picture. A picture at fault is refused in the answer; it never throws for one.</summary>
    [Alias("Analyze")]
    [ResponseTimeout("00:01:00")]
    ValueTask<PictureAnswer> Analyze([Immutable] PictureRequest request, CancellationToken cancellationToken = default);

    /// <summary>What the engine runs on.</summary>
    [Alias("Status")]
    ValueTask<InferenceStatus> Status();
}
