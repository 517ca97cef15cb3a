using System.Security.Cryptography;
using FaceCluster.Vision.Models;
using FaceCluster.Vision.Models.Onnx;

namespace FaceCluster.Training.Onnx;

/// <summary>
/// Reads a convolutional embedding model into a network that can be trained further: convolutions with their folded batch
/// normalisations (as weights and biases), PReLU, ReLU, sums, products, pooling, flattening and linear layers.
/// </summary>
public static class OnnxImporter
{
    /// <summary>Reads a model.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="manifest">What its input is; null reads the manifest beside it or in it, or takes the default model's.</param>
    /// <exception cref="OnnxException">An operator or attribute is not known; the node is named.</exception>
    /// <exception cref="ModelException">The file is no model, or has no manifest.</exception>
    public static ImportedNetwork Import(string path, ModelManifest? manifest = null)
    {
        manifest ??= ModelManifest.Find(path);

        // Decayed weights are flushed: with their denormal numbers every step takes many times longer.
        var model = ModelProto.Parser.ParseFrom(ModelForms.FreeBatch(path));
        var graph = model.Graph;
        var reader = new OnnxGraphReader(graph, path, manifest);
        var (steps, dimension) = reader.Read();
        if (dimension != manifest.Dimension)
        {
            throw new OnnxException($"{path} gives {dimension} values; its manifest says dimension {manifest.Dimension}.");
        }

        var digest = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))[..12];
        return new ImportedNetwork($"onnx-{digest}", manifest.FaceTemplate.Size, dimension, InputScale(manifest), steps);
    }

    /// <summary>From (value - 127.5) / 127.5 in RGB to (value - mean) * scale. Planes in BGR are dealt with in the first weights.</summary>
    private static InputScaleLayer InputScale(ModelManifest manifest)
    {
        var (scale, shift) = (new float[3], new float[3]);
        for (var color = 0; color < 3; color++)
        {
            // The manifest lists planes in the model's order.
            var plane = manifest.ColorOrder == ColorOrder.Bgr ? 2 - color : color;
            var (mean, factor) = (manifest.Mean[Math.Min(plane, manifest.Mean.Length - 1)], manifest.Scale[Math.Min(plane, manifest.Scale.Length - 1)]);
            scale[color] = 127.5f * factor;
            shift[color] = (127.5f - mean) * factor;
        }

        return new InputScaleLayer(scale, shift);
    }
}
