using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;

namespace FaceCluster.Vision.Embedding;

/// <summary>
/// Runs an embedding model over aligned crops without queues: for measuring models, where the caller makes the batches.
/// One call at a time.
/// </summary>
public sealed class AlignedEmbedder : IDisposable
{
    private readonly OnnxModel _model;
    private readonly float[] _input;

    private AlignedEmbedder(OnnxModel model, EmbeddingModel description)
    {
        _model = model;
        Model = description;
        _input = new float[model.MaxBatch * model.InputLength];
    }

    /// <summary>What the model is called and gives.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>Crops that one run takes at most.</summary>
    public int MaxBatch => _model.MaxBatch;

    /// <summary>Loads and checks a model.</summary>
    /// <param name="path">The ONNX file.</param>
    /// <param name="options">How to run it, or null for the defaults; a fixed batch is allowed.</param>
    /// <param name="manifest">What it expects, or null for the manifest beside or in it.</param>
    /// <exception cref="ModelException">The model cannot be used; the message says why.</exception>
    public static AlignedEmbedder Load(string path, RuntimeOptions? options = null, ModelManifest? manifest = null)
    {
        var model = OnnxModel.Load("embedder", path, options ?? new RuntimeOptions { AllowFixedBatch = true });
        try
        {
            return new AlignedEmbedder(model, EmbeddingModel.Describe(model, path, manifest));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Length of the embedding that a model file gives, for files without a manifest.</summary>
    /// <exception cref="ModelException">The model cannot be used; the message says why.</exception>
    public static int Dimension(string path)
    {
        using var model = OnnxModel.Load("embedder", path, new RuntimeOptions { AllowFixedBatch = true });
        return model.OutputLengths[0];
    }

    /// <summary>Embeds crops of the template's size.</summary>
    /// <param name="crops">The crops, any number.</param>
    /// <param name="embeddings">Receives a raw embedding for each, row by row.</param>
    public void Embed(IReadOnlyList<PixelBuffer> crops, Memory<float> embeddings)
    {
        ArgumentNullException.ThrowIfNull(crops);
        ArgumentOutOfRangeException.ThrowIfLessThan(embeddings.Length, crops.Count * Model.Dimension, nameof(embeddings));
        for (var first = 0; first < crops.Count; first += MaxBatch)
        {
            var count = Math.Min(MaxBatch, crops.Count - first);
            for (var i = 0; i < count; i++)
            {
                new EmbeddingItem(crops[first + i], Model.Writer).WriteInput(_input.AsSpan(i * _model.InputLength, _model.InputLength));
            }

            // Only the first output is asked for when the model is loaded.
            _model.Run(_input, count, [embeddings.Slice(first * Model.Dimension, count * Model.Dimension)]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
