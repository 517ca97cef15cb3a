using System.Text.Json.Serialization;

namespace FaceCluster.Evaluation.Templates;

/// <summary>Verification between templates.</summary>
/// <param name="Form">How faces were aggregated: "plain" or "magface_plus".</param>
/// <param name="Pairs">Pairs of templates compared.</param>
/// <param name="Rates">TAR by FAR, at the point whose FAR is nearest.</param>
public sealed record TemplateResult(
    [property: JsonPropertyName("form")] string Form,
    [property: JsonPropertyName("pairs")] int Pairs,
    [property: JsonPropertyName("tar")] IReadOnlyDictionary<string, double> Rates);
