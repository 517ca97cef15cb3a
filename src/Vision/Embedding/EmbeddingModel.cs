using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;

namespace FaceCluster.Vision.Embedding;

/// <summary>What the loaded embedding model is called and gives.</summary>
public sealed class EmbeddingModel
{
    internal EmbeddingModel(ModelManifest manifest, string sha256)
    {
        Manifest = manifest;
        Id = $"{manifest.Name}-{sha256[..12]}";
        Writer = new PlanarWriter(manifest.ColorOrder == ColorOrder.Bgr, manifest.Mean, manifest.Scale);
    }

    /// <summary>
    /// The model id that every embedding carries: the manifest's name and the first 12 digits of the file's SHA-256.
    /// Embeddings of different ids are never compared.
    /// </summary>
    public string Id { get; }

    /// <summary>Length of an embedding.</summary>
    public int Dimension => Manifest.Dimension;

    /// <summary>How the magnitude is distributed over real faces.</summary>
    public MagnitudeQuantiles Quantiles => Manifest.Quantiles;

    public ModelManifest Manifest { get; }

    internal FaceTemplate Template => Manifest.FaceTemplate;

    internal PlanarWriter Writer { get; }

    /// <summary>
    /// Reads the manifest of the model file: the JSON file beside it, else its metadata, else the built-in one if this
    /// is the default model; and checks it against what the model itself says.
    /// </summary>
    /// <param name="model">The loaded model.</param>
    /// <param name="path">Its file.</param>
    /// <param name="given">A manifest to take in place of the one that would be found.</param>
    /// <exception cref="ModelException">No manifest, an invalid one, or one that contradicts the model.</exception>
    internal static EmbeddingModel Describe(OnnxModel model, string path, ModelManifest? given = null)
    {
        var manifest = given ?? ModelManifest.Find(path, model.Metadata, model.Sha256);
        if (manifest.Sha256 is { } expected && !expected.Equals(model.Sha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new ModelException($"The file {path} is not the one its manifest describes: its SHA-256 is {model.Sha256}.");
        }

        var size = manifest.FaceTemplate.Size;
        if (!model.InputShape.SequenceEqual([3, size, size]))
        {
            throw new ModelException($"The model {path} takes {string.Join('x', model.InputShape)} values; its template \"{manifest.Template}\" gives 3x{size}x{size}.");
        }

        if (model.OutputLengths[0] != manifest.Dimension)
        {
            throw new ModelException($"The model {path} gives {model.OutputLengths[0]} values; its manifest says dimension {manifest.Dimension}.");
        }

        return new EmbeddingModel(manifest, model.Sha256);
    }
}
