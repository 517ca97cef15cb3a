using System.Text.Json.Serialization;

namespace FaceCluster.Evaluation.Templates;

/// <summary>Identification in one gallery, or in all together.</summary>
/// <param name="Form">How faces were aggregated: "plain" or "magface_plus".</param>
/// <param name="Variant">"paper": one gallery, strangers are probes without a mate; "reference": all galleries, strangers are its other people.</param>
/// <param name="Gallery">The gallery's name, from its file.</param>
/// <param name="People">People in it.</param>
/// <param name="Mated">Probes of its people.</param>
/// <param name="Strangers">Other probes; 0 in the variant "reference".</param>
/// <param name="Ranks">Share of mated probes whose person is among the first 1, 5, 10.</param>
/// <param name="Rates">
/// TPIR by FPIR. Paper: share of mated probes found first at the threshold that so many strangers exceed at most. Reference: share of
/// mated probes above the threshold that false scores exceed so many times a probe.
/// </param>
public sealed record IdentificationResult(
    [property: JsonPropertyName("form")] string Form,
    [property: JsonPropertyName("variant")] string Variant,
    [property: JsonPropertyName("gallery")] string Gallery,
    [property: JsonPropertyName("people")] int People,
    [property: JsonPropertyName("mated")] int Mated,
    [property: JsonPropertyName("strangers")] int Strangers,
    [property: JsonPropertyName("ranks")] IReadOnlyDictionary<string, double> Ranks,
    [property: JsonPropertyName("tpir")] IReadOnlyDictionary<string, double> Rates);
