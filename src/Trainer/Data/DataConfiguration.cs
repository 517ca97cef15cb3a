using System.Text.Json;
using System.Text.Json.Serialization;
using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Augmentation;

namespace FaceCluster.Trainer.Data;

/// <summary>The part <c>data</c> of a configuration: which faces are trained on, in which order, and how they are changed.</summary>
public sealed record DataConfiguration
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>A record file or its folder, a folder of aligned faces, a .csv or a list.</summary>
    public required string Path { get; init; }

    /// <summary>Share of the people that is trained on, above 0; below 1 the others are held out for measuring. Default 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Chooses who is held out. It is apart from the run's seed: all runs of a comparison hold out the same people.</summary>
    public long SplitSeed { get; init; } = 1;

    /// <summary>The order: shuffle, balanced (every class equally often) or groups (P classes of K faces). Default shuffle.</summary>
    public SamplerKind Sampler { get; init; }

    /// <summary>K of the sampler groups. Default 4; the batch size must be a multiple of it.</summary>
    public int FacesPerClass { get; init; } = 4;

    /// <summary>People with fewer faces are left out; at least 1. Default 1.</summary>
    public int MinFaces { get; init; } = 1;

    /// <summary>Threads that decode; 0 leaves one core to the training.</summary>
    public int Threads { get; init; }

    /// <summary>What is changed at random. Default: mirror images.</summary>
    public AugmentationOptions Augmentation { get; init; } = AugmentationOptions.FlipOnly;

    /// <summary>Reads it; a relative path is relative to <paramref name="folder"/>.</summary>
    /// <exception cref="TrainingDataException">A field is missing, unknown, of another type or out of range.</exception>
    public static DataConfiguration Read(JsonElement json, string folder)
    {
        try
        {
            var read = json.Deserialize<DataConfiguration>(Options) ?? throw new TrainingDataException("data is empty; it must name a path.");
            if (!(read.Share > 0 && read.Share <= 1))
            {
                throw new TrainingDataException($"data.share must be above 0 and at most 1, not {read.Share}.");
            }

            if (read.FacesPerClass < 2 || read.MinFaces < 1)
            {
                throw new TrainingDataException("data.facesPerClass must be at least 2, and data.minFaces at least 1.");
            }

            read.Augmentation.Validate();
            return read with { Path = System.IO.Path.Combine(folder, read.Path) };
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            throw new TrainingDataException($"data is invalid: {error.Message}", error);
        }
    }

    /// <summary>The same as one line of text, for the fingerprint of a run.</summary>
    public string Describe() => JsonSerializer.Serialize(this with { Threads = 0 }, Options);
}

/// <summary>The order of training.</summary>
public enum SamplerKind
{
    /// <summary>Every face once an epoch.</summary>
    Shuffle,

    /// <summary>Every class equally often.</summary>
    Balanced,

    /// <summary>P classes of K faces in every batch.</summary>
    Groups,
}
