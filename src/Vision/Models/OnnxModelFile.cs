using System.Security.Cryptography;
using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;

namespace FaceCluster.Vision.Models;

/// <summary>A model file in memory: its digest, its metadata, and the forms of it that are run.</summary>
internal sealed class OnnxModelFile
{
    private OnnxModelFile(string path, byte[] original, ModelProto model)
    {
        Path = path;
        Original = original;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(original));
        Metadata = model.MetadataProps.GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.Last().Value);
        HasFixedBatch = BatchRewriter.HasFixedBatch(model);
        FlushedWeights = WeightFlusher.Flush(model.Graph);
        FixedBatch = model.ToByteArray();
        BatchRewriter.FreeBatch(model);
        FreeBatch = model.ToByteArray();
    }

    public string Path { get; }

    /// <summary>The bytes as they are on disk.</summary>
    public byte[] Original { get; }

    /// <summary>The model with its decayed weights flushed; see <see cref="WeightFlusher"/>.</summary>
    public byte[] FixedBatch { get; }

    /// <summary>The same with a free batch dimension.</summary>
    public byte[] FreeBatch { get; }

    /// <summary>Number of weights that were set to zero.</summary>
    public int FlushedWeights { get; }

    /// <summary>SHA-256 of the file, lower-case hexadecimal.</summary>
    public string Sha256 { get; }

    /// <summary>Whether the file fixes the number of pictures per run.</summary>
    public bool HasFixedBatch { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="ModelException">The file is missing or no usable ONNX model.</exception>
    public static OnnxModelFile Read(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"The model file {path} cannot be read: {error.Message} Run ./build.sh build to fetch the default models, or name their folder with {ModelFolder.EnvironmentVariable}.", error);
        }

        try
        {
            var model = ModelProto.Parser.ParseFrom(bytes);
            if (model.Graph is null || model.Graph.Node.Count == 0)
            {
                throw new ModelException($"{path} is not an ONNX model: it has no graph.");
            }

            if (model.Graph.Initializer.Any(tensor => tensor.ExternalData.Count > 0))
            {
                throw new ModelException($"{path} keeps its weights in another file; save it as one file.");
            }

            return new OnnxModelFile(path, bytes, model);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelException($"{path} is not an ONNX model: {error.Message}", error);
        }
    }
}
