using System.Text.Json;
using FaceCluster.Training.Layers;
using FaceCluster.Training.Optimisation;

namespace FaceCluster.Training.Fit;

/// <summary>The file of <c>facecluster-train fit</c>. Unknown names are errors; everything but data and output has a default.</summary>
public sealed record FitConfiguration
{
    /// <summary>Folder for checkpoints, logs and the report; created where missing.</summary>
    public string Output { get; init; } = string.Empty;

    /// <summary>Seed of everything random. Two runs of one configuration on one machine are equal bit by bit.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Where pictures come from; read by the command, which knows the formats.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The network.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>What the network starts from.</summary>
    public StartOptions Start { get; init; } = new();

    /// <summary>The classifier and its loss.</summary>
    public HeadOptions Head { get; init; } = new ArcFaceOptions();

    /// <summary>Terms of the loss beside the head's.</summary>
    public RegulariserOptions Regularisers { get; init; } = new();

    /// <summary>How parameters move.</summary>
    public OptimiserOptions Optimiser { get; init; } = new();

    /// <summary>How the learning rate changes.</summary>
    public ScheduleOptions Schedule { get; init; } = new();

    /// <summary>Length, batches, saving.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>The network.</summary>
public sealed record ModelOptions
{
    /// <summary>iresnet18, iresnet34, iresnet50, iresnet100, mobilefacenet, mobilefacenet-insightface, tiny, or onnx (the network of start.onnx).</summary>
    public string Backbone { get; init; } = "iresnet18";

    /// <summary>Width and height of the network's pictures, a multiple of 16; pictures of another size are scaled.</summary>
    public int ImageSize { get; init; } = 112;

    /// <summary>Dimensions of the embedding.</summary>
    public int EmbeddingSize { get; init; } = 512;

    /// <summary>Share of features dropped before the last linear layer.</summary>
    public double Dropout { get; init; }

    /// <summary>Channel and spatial attention in every block (IResNet and tiny).</summary>
    public bool Attention { get; init; }

    /// <summary>IResNet with the settings of arcface_torch, or those of the MagFace code in the paper's or the code's sense.</summary>
    public IResNetVariant Variant { get; init; }
}

/// <summary>Which code's settings an IResNet has.</summary>
public enum IResNetVariant
{
    /// <summary>arcface_torch.</summary>
    Paper,

    /// <summary>MagFace: Kaiming start, epsilon 2e-5, dropout 0.4, learned final scale, momentum as MXNet means it.</summary>
    MagFace,

    /// <summary>MagFace as its code has it, with momentum 0.9 in PyTorch's sense.</summary>
    MagFaceReference,
}

/// <summary>What the network starts from; at most one of the files.</summary>
public sealed record StartOptions
{
    /// <summary>Checkpoint whose network is taken over (not its head or its optimiser).</summary>
    public string? Checkpoint { get; init; }

    /// <summary>ONNX embedding model whose weights are taken over; model.backbone must be onnx.</summary>
    public string? Onnx { get; init; }

    /// <summary>Parameters whose names start with one of these stay as they are.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>The first parameters stay as they are, up to this share of all, counted in tensors and not in values (0 to below 1).</summary>
    public double FreezeShare { get; init; }

    /// <summary>Whether running statistics stay as they are.</summary>
    public bool FreezeStatistics { get; init; }

    /// <summary>
    /// Whether class weights start as the mean embedding of their class (of unit length) instead of at random: a fine-tuned network
    /// is then not shaken by a head that knows nothing.
    /// </summary>
    public bool HeadFromMeans { get; init; }

    /// <summary>
    /// Computes the frozen first layers once for every picture and trains only the rest; null is off. The source must have
    /// finitely many pictures: mirror images are two of each, other augmentations need <see cref="CacheOptions.Variants"/>.
    /// </summary>
    public CacheOptions? Cache { get; init; }
}

/// <summary>Keeping what the frozen first layers make of every picture.</summary>
public sealed record CacheOptions
{
    /// <summary>Where the file lies; null is the output folder. Runs that share layers and pictures may share it.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Forms of each picture where it is changed by more than mirroring, 2 to 64: itself and so many less one drawn from the
    /// augmentation, of which a step takes any. 0 without such an augmentation.
    /// </summary>
    public int Variants { get; init; }

    /// <summary>Draws the forms; apart from the run's seed, so that runs of other seeds share them.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Half precision: half the file. In single precision a run ends where one without a cache does but for rounding: the layers ran over other batches.</summary>
    public bool Half { get; init; }
}

/// <summary>Terms of the loss beside the head's.</summary>
public sealed record RegulariserOptions
{
    /// <summary>Weight of RegularFace; 0 is off.</summary>
    public double RegularFace { get; init; }

    /// <summary>Rows RegularFace compares at once.</summary>
    public int RegularFaceChunk { get; init; } = 4096;

    /// <summary>Weight of center loss; 0 is off.</summary>
    public double Center { get; init; }

    /// <summary>Rate at which centers move.</summary>
    public double CenterRate { get; init; } = 0.5;

    /// <summary>Form of center loss.</summary>
    public Regularisers.CenterLossVariant CenterVariant { get; init; }
}

/// <summary>How parameters move.</summary>
public sealed record OptimiserOptions
{
    /// <summary>sgd or adamw.</summary>
    public OptimiserKind Kind { get; init; }

    /// <summary>Full learning rate.</summary>
    public double Rate { get; init; } = 0.1;

    /// <summary>Factor of the rate for the head.</summary>
    public double HeadRateFactor { get; init; } = 1;

    /// <summary>Momentum of SGD.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Nesterov's look-ahead.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Weight decay.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Largest length of the network's gradient, all parameters together; 0 is off.</summary>
    public double ClipNorm { get; init; } = 5;
}

/// <summary>Kind of optimiser.</summary>
public enum OptimiserKind
{
    /// <summary>Stochastic gradient descent.</summary>
    Sgd,

    /// <summary>AdamW.</summary>
    AdamW,
}

/// <summary>What happens when a loss or gradient is not finite.</summary>
public enum NanPolicy
{
    /// <summary>The run ends with an error that names the step and the tensor; the last checkpoint stays.</summary>
    Stop,

    /// <summary>The step is left out.</summary>
    Skip,

    /// <summary>The last checkpoint is restored, the learning rate halved, and the run goes on behind the batch.</summary>
    RollBack,
}

/// <summary>Length, batches, saving.</summary>
public sealed record RunOptions
{
    /// <summary>Passes over the data.</summary>
    public double Epochs { get; init; } = 20;

    /// <summary>Steps, in place of epochs, where above 0.</summary>
    public long Steps { get; init; }

    /// <summary>Pictures of a batch.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Batches whose gradients make one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Numbers in which convolutions compute.</summary>
    public Precision Precision { get; init; }

    /// <summary>Decay of the moving average of the network, 0 is off.</summary>
    public double Average { get; init; }

    /// <summary>What happens when a loss or gradient is not finite.</summary>
    public NanPolicy OnNan { get; init; } = NanPolicy.Stop;

    /// <summary>Incidents after which a run that skips or rolls back stops.</summary>
    public int MaxIncidents { get; init; } = 10;

    /// <summary>Steps between checkpoints.</summary>
    public long SaveEvery { get; init; } = 1000;

    /// <summary>Steps between lines of the log.</summary>
    public long LogEvery { get; init; } = 10;

    /// <summary>Threads of libtorch, 0 for its own choice.</summary>
    public int Threads { get; init; }
}
