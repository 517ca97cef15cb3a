using System.Globalization;
using System.Text.Json.Serialization;

namespace FaceCluster.TrainingData.Packing;

/// <summary>What a set holds.</summary>
public sealed record SetSummary
{
    /// <summary>records, pictures or verification.</summary>
    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    /// <summary>Number of pictures.</summary>
    [JsonPropertyName("pictures")]
    public required int Pictures { get; init; }

    /// <summary>Number of classes, of a training set.</summary>
    [JsonPropertyName("classes")]
    public int? Classes { get; init; }

    /// <summary>Pictures of the smallest, the median and the largest class.</summary>
    [JsonPropertyName("class_sizes")]
    public IReadOnlyList<int>? ClassSizes { get; init; }

    /// <summary>Classes without a picture.</summary>
    [JsonPropertyName("empty_classes")]
    public int? EmptyClasses { get; init; }

    /// <summary>Classes with one picture.</summary>
    [JsonPropertyName("single_classes")]
    public int? SingleClasses { get; init; }

    /// <summary>Pairs, of a verification set.</summary>
    [JsonPropertyName("pairs")]
    public int? Pairs { get; init; }

    /// <summary>Pairs of one person.</summary>
    [JsonPropertyName("same_pairs")]
    public int? SamePairs { get; init; }

    /// <summary>The summary in words.</summary>
    public string ToText() => Pairs is { } pairs
        ? string.Create(CultureInfo.InvariantCulture, $"verification set: {Pictures} pictures in {pairs} pairs, {SamePairs} of one person")
        : string.Create(CultureInfo.InvariantCulture, $"{Kind}: {Pictures} pictures of {Classes} people; {ClassSizes![0]} to {ClassSizes[2]} a person, median {ClassSizes[1]}; {SingleClasses} with one picture, {EmptyClasses} with none");
}

/// <summary>What reading everything found.</summary>
/// <param name="Pictures">Pictures read.</param>
/// <param name="Faults">Each picture that cannot be used.</param>
/// <param name="Warnings">What may be meant but is seldom wanted.</param>
public sealed record SetReport(int Pictures, IReadOnlyList<string> Faults, IReadOnlyList<string> Warnings);
