using System.Security.Cryptography;
using FaceCluster.Vision.Models;

namespace FaceCluster.Evaluation.Tool;

/// <summary>The manifest beside a model file.</summary>
public static class ManifestFile
{
    /// <summary>Where it is: <c>x.json</c> for <c>x.onnx</c>.</summary>
    public static string PathOf(string model) => Path.ChangeExtension(model, ".json");

    /// <summary>A model's short name from its file's.</summary>
    public static string NameOf(string model)
    {
        var name = new string([.. Path.GetFileNameWithoutExtension(model).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')]);
        return name.Length is > 0 and <= 64 ? name : name.Length == 0 ? "model" : name[..64];
    }

    /// <summary>Writes a manifest with another calibration, and other quantiles where they are given.</summary>
    public static void Write(string model, ModelManifest manifest, ModelCalibration calibration, IReadOnlyDictionary<string, double>? quantiles)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var changed = new ModelManifest
        {
            Name = manifest.Name,
            // A later model under the same name shall not be taken for this one.
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(model))),
            ColorOrder = manifest.ColorOrder,
            Mean = manifest.Mean,
            Scale = manifest.Scale,
            Template = manifest.Template,
            Dimension = manifest.Dimension,
            MagnitudeQuantiles = quantiles is null ? manifest.MagnitudeQuantiles : Ascending(quantiles),
            Calibration = calibration,
        };
        var path = PathOf(model);
        File.WriteAllText(path + ".part", changed.ToJson() + "\n");
        File.Move(path + ".part", path, overwrite: true);
    }

    /// <summary>The entries of a table of quantiles whose magnitudes ascend strictly, as a manifest wants them.</summary>
    public static Dictionary<string, double> Ascending(IReadOnlyDictionary<string, double> quantiles)
    {
        var kept = new Dictionary<string, double>();
        var last = double.NegativeInfinity;
        foreach (var (share, magnitude) in quantiles.OrderBy(entry => double.Parse(entry.Key, System.Globalization.CultureInfo.InvariantCulture)))
        {
            if (magnitude > last)
            {
                kept.Add(share, magnitude);
                last = magnitude;
            }
        }

        return kept;
    }
}
