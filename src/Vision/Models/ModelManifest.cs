using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FaceCluster.Vision.Geometry;

namespace FaceCluster.Vision.Models;

/// <summary>
/// What an embedding model expects and gives, so that another ArcFace- or MagFace-style model replaces the default one
/// without code. It is a JSON file beside the model (<c>x.json</c> for <c>x.onnx</c>), or the same JSON text under the
/// key <see cref="MetadataKey"/> of the model's <c>metadata_props</c>.
/// </summary>
public sealed class ModelManifest
{
    /// <summary>The key in the ONNX <c>metadata_props</c>.</summary>
    public const string MetadataKey = "facecluster.manifest";

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Short name, part of every model id: letters, digits, '.', '_' and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the model file in hexadecimal digits; where given, another file is refused.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Order of the input's planes.</summary>
    public required ColorOrder ColorOrder { get; init; }

    /// <summary>Subtracted from each plane's bytes: three values, or one for all, in the order of the planes.</summary>
    public required float[] Mean { get; init; }

    /// <summary>Multiplied afterwards: input = (byte - mean) * scale. Three values, or one for all.</summary>
    public required float[] Scale { get; init; }

    /// <summary>Name of the alignment template; "arcface-112" is known.</summary>
    public required string Template { get; init; }

    /// <summary>Length of the embedding, a multiple of eight.</summary>
    public required int Dimension { get; init; }

    /// <summary>Share (0 to 1) to magnitude of the raw embedding over a set of real faces.</summary>
    public required Dictionary<string, double> MagnitudeQuantiles { get; init; }

    /// <summary>
    /// How a cosine becomes the probability that two faces are of one person; null where nobody has fitted it, and then
    /// no probability is given. <c>facecluster-train eval --calibrate</c> fits it and writes it here.
    /// </summary>
    public ModelCalibration? Calibration { get; init; }

    /// <summary>The parsed <see cref="MagnitudeQuantiles"/>.</summary>
    [JsonIgnore]
    public MagnitudeQuantiles Quantiles => field ??= new MagnitudeQuantiles(
        MagnitudeQuantiles.Select(pair => KeyValuePair.Create(double.Parse(pair.Key, CultureInfo.InvariantCulture), pair.Value)));

    /// <summary>The template that <see cref="Template"/> names.</summary>
    [JsonIgnore]
    public FaceTemplate FaceTemplate => FaceTemplate.Find(Template)
        ?? throw new ModelException($"The template \"{Template}\" is unknown; \"arcface-112\" is known.");

    /// <summary>Reads and checks a manifest.</summary>
    /// <param name="json">The JSON text.</param>
    /// <param name="origin">Where it comes from, for the error's sentence.</param>
    /// <exception cref="ModelException">It is not JSON, or a field is missing, unknown or out of range.</exception>
    public static ModelManifest Parse(string json, string origin)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<ModelManifest>(json, JsonOptions)
                ?? throw new ModelException($"The model manifest {origin} is empty.");
            manifest.Validate();
            return manifest;
        }
        catch (Exception error) when (error is JsonException or ArgumentException or FormatException)
        {
            throw new ModelException($"The model manifest {origin} is invalid: {error.Message}", error);
        }
    }

    /// <summary>
    /// Finds the manifest of a model file: the JSON file beside it, else its metadata, else the built-in one if it is the
    /// default model.
    /// </summary>
    /// <exception cref="ModelException">The file is no model, or there is no manifest or an invalid one.</exception>
    public static ModelManifest Find(string path)
    {
        var file = OnnxModelFile.Read(path);
        return Find(path, file.Metadata, file.Sha256);
    }

    internal static ModelManifest Find(string path, IReadOnlyDictionary<string, string> metadata, string sha256)
    {
        var beside = Path.ChangeExtension(path, ".json");
        if (File.Exists(beside))
        {
            return Parse(File.ReadAllText(beside), beside);
        }

        if (metadata.TryGetValue(MetadataKey, out var text))
        {
            return Parse(text, $"in the metadata of {path}");
        }

        var standard = Parse(DefaultManifest(), "built in");
        return standard.Sha256 == sha256
            ? standard
            : throw new ModelException($"The model {path} has no manifest: put its colour order, mean, scale, template, dimension and magnitude quantiles into {beside}.");
    }

    /// <summary>The manifest as the JSON text that <see cref="Parse"/> reads.</summary>
    /// <exception cref="ModelException">A value is out of range.</exception>
    public string ToJson()
    {
        try
        {
            Validate();
        }
        catch (Exception error) when (error is ArgumentException or FormatException)
        {
            throw new ModelException($"The model manifest of {Name} is invalid: {error.Message}", error);
        }

        return JsonSerializer.Serialize(this, JsonOptions);
    }

    private static string DefaultManifest()
    {
        using var stream = typeof(ModelManifest).Assembly.GetManifestResourceStream("fr_feature.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private void Validate()
    {
        if (Name.Length is 0 or > 64 || Name.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
        {
            throw new ArgumentException("name must be 1 to 64 letters, digits, '.', '_' or '-'.");
        }

        if (Mean.Length is not (1 or 3) || Scale.Length is not (1 or 3) || !Mean.All(float.IsFinite) || !Scale.All(s => float.IsFinite(s) && s != 0))
        {
            throw new ArgumentException("mean and scale must each hold one or three finite numbers, and no scale may be 0.");
        }

        if (Dimension is < 8 or > 4096 || Dimension % 8 != 0)
        {
            throw new ArgumentException($"dimension must be a multiple of 8 between 8 and 4096, not {Dimension}.");
        }

        Calibration?.Validate();
        _ = FaceTemplate;
        _ = Quantiles;
    }
}
