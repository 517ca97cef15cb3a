using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>The wire form of <see cref="FaceId"/>, which itself knows nothing of Orleans.</summary>
[GenerateSerializer, Immutable, Alias("fc.FaceId")]
public struct FaceIdSurrogate
{
    [Id(0)]
    public ulong High { get; set; }

    [Id(1)]
    public ulong Low { get; set; }
}

/// <summary>Converts between <see cref="FaceId"/> and its wire form.</summary>
[RegisterConverter]
public sealed class FaceIdConverter : IConverter<FaceId, FaceIdSurrogate>
{
    /// <inheritdoc/>
    public FaceId ConvertFromSurrogate(in FaceIdSurrogate surrogate) => new(surrogate.High, surrogate.Low);

    /// <inheritdoc/>
    public FaceIdSurrogate ConvertToSurrogate(in FaceId value) => new() { High = value.High, Low = value.Low };
}
