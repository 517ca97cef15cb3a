using System.Text.Json.Serialization;

namespace FaceCluster.Vision.Models;

/// <summary>The order of the three colour planes of a model's input.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColorOrder>))]
public enum ColorOrder
{
    [JsonStringEnumMemberName("RGB")]
    Rgb,

    [JsonStringEnumMemberName("BGR")]
    Bgr,
}
