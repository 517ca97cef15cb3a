using FaceCluster.Vision.Alignment;
using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Landmarks;

namespace FaceCluster.Vision;

/// <summary>A face cut out of a picture. Whoever receives it disposes it.</summary>
/// <param name="Box">The box in pixels of the upright picture.</param>
/// <param name="DetectionScore">The detector's score, 0 to 1; 0 where no detector ran.</param>
/// <param name="Points">The five points.</param>
/// <param name="Crop">The upright crop by the model's template.</param>
public sealed record AlignedFace(FaceBox Box, float DetectionScore, FivePoints Points, PixelBuffer Crop) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Crop.Dispose();
}

public sealed partial class VisionEngine
{
    /// <summary>
    /// Finds and aligns faces without embedding them, for tools that prepare or measure data. Waits where the engine is
    /// full instead of refusing.
    /// </summary>
    /// <param name="encoded">A JPEG, PNG or WebP.</param>
    /// <param name="wholeImage">Whether the whole picture is the box of one face; otherwise faces are looked for.</param>
    /// <param name="maxFaces">Faces wanted at most, best score first; at least 1.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The faces, which the caller disposes.</returns>
    /// <exception cref="ImageRefusedException">The picture is at fault.</exception>
    public async Task<IReadOnlyList<AlignedFace>> AlignAsync(
        ReadOnlyMemory<byte> encoded, bool wholeImage, int maxFaces = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxFaces);
        return await Task.Factory.StartNew(
            async () =>
            {
                var pixels = ImageDecoder.CountPixels(encoded, _options.Images);
                await _pixels.EnterAsync(pixels, cancellationToken);
                try
                {
                    using var picture = ImageDecoder.Decode(encoded, _options.Images);
                    Detection.Detection[] found = wholeImage
                        ? [new(new FaceBox(0, 0, picture.Width, picture.Height), 0)]
                        : [.. (await _detector.DetectAsync(picture, cancellationToken)).Take(maxFaces)];
                    return await AlignAsync(picture, found, cancellationToken);
                }
                finally
                {
                    _pixels.Leave(pixels);
                }
            },
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            _compute).Unwrap().ConfigureAwait(false);
    }

    private async Task<AlignedFace[]> AlignAsync(PixelBuffer picture, Detection.Detection[] found, CancellationToken cancellationToken)
    {
        var size = (int)_landmarkEngine.Model.InputShape[1];
        var landmarks = found.Select(face => new LandmarkItem(picture, face.Box, size)).ToArray();
        await BatchItems.RunAllAsync(_landmarkEngine, landmarks, cancellationToken);
        var faces = new List<AlignedFace>(found.Length);
        try
        {
            for (var i = 0; i < found.Length; i++)
            {
                var crop = FaceAligner.Align(picture, landmarks[i].Points, found[i].Box, Model.Template);
                faces.Add(new AlignedFace(found[i].Box, found[i].Score, landmarks[i].Points, crop));
            }

            return [.. faces];
        }
        catch
        {
            faces.ForEach(face => face.Dispose());
            throw;
        }
    }
}
