using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Evaluation.Embeddings;

/// <summary>What embedding a source gave.</summary>
/// <param name="Faces">The faces that could be embedded.</param>
/// <param name="Mirrored">Their mirror images, row by row; null where not asked for.</param>
/// <param name="Rows">For each face of the source its row in <paramref name="Faces"/>, or -1.</param>
/// <param name="Refused">Why the others could not be.</param>
public sealed record EmbeddedSource(FaceEmbeddings Faces, FaceEmbeddings? Mirrored, int[] Rows, IReadOnlyList<string> Refused);

/// <summary>Embeds all faces of a source; the next faces are read and aligned while a batch runs.</summary>
public static class FaceEmbedding
{
    private const int Ahead = 64;

    /// <summary>Embeds.</summary>
    /// <param name="embedder">The model.</param>
    /// <param name="source">The faces.</param>
    /// <param name="mirrored">Whether mirror images are embedded too.</param>
    /// <param name="visit">Shown each crop before it is disposed, with its row; or null.</param>
    /// <param name="progress">Told the number of faces done.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="TrainingDataException">No face could be embedded.</exception>
    public static async Task<EmbeddedSource> RunAsync(
        AlignedEmbedder embedder,
        CropSource source,
        bool mirrored,
        Action<int, PixelBuffer>? visit = null,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(source);
        var dimension = embedder.Model.Dimension;
        var (raw, mirror) = (new float[(long)source.Count * dimension], mirrored ? new float[(long)source.Count * dimension] : null);
        var (rows, refused, count) = (new int[source.Count], new List<string>(), 0);
        var next = ReadAsync(source, 0, cancellationToken);
        for (var first = 0; first < source.Count; first += Ahead)
        {
            var read = await next;
            next = ReadAsync(source, first + Ahead, cancellationToken);
            var crops = new List<PixelBuffer>();
            for (var i = 0; i < read.Length; i++)
            {
                rows[first + i] = read[i].Crop is null ? -1 : count + crops.Count;
                if (read[i].Crop is { } crop)
                {
                    crops.Add(crop);
                }
                else
                {
                    refused.Add(read[i].Refusal!);
                }
            }

            try
            {
                for (var i = 0; i < crops.Count; i++)
                {
                    visit?.Invoke(count + i, crops[i]);
                }

                embedder.Embed(crops, raw.AsMemory(count * dimension));
                if (mirror is not null)
                {
                    crops.ForEach(PixelChanges.Flip);
                    embedder.Embed(crops, mirror.AsMemory(count * dimension));
                }

                count += crops.Count;
            }
            finally
            {
                crops.ForEach(crop => crop.Dispose());
            }

            progress?.Report(Math.Min(source.Count, first + Ahead));
        }

        foreach (var (crop, _) in await next)
        {
            crop?.Dispose();
        }

        if (count == 0)
        {
            throw new TrainingDataException(refused.Count > 0 ? $"No face could be embedded: {refused[0]}" : "There are no faces to embed.");
        }

        Array.Resize(ref raw, count * dimension);
        Array.Resize(ref mirror, mirror is null ? 0 : count * dimension);
        return new EmbeddedSource(new FaceEmbeddings(raw, dimension), mirrored ? new FaceEmbeddings(mirror, dimension) : null, rows, refused);
    }

    private static Task<(PixelBuffer? Crop, string? Refusal)[]> ReadAsync(CropSource source, int first, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(first, Math.Clamp(source.Count - first, 0, Ahead)).Select(index => ReadOneAsync(source, index, cancellationToken)));

    private static async Task<(PixelBuffer? Crop, string? Refusal)> ReadOneAsync(CropSource source, int index, CancellationToken cancellationToken)
    {
        try
        {
            return (await source.ReadAsync(index, cancellationToken), null);
        }
        catch (TrainingDataException error)
        {
            return (null, error.Message);
        }
    }
}
