using FaceCluster.TrainingData.Datasets;
using FaceCluster.Vision;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Packing;

/// <summary>Turns photographs into encoded aligned faces.</summary>
internal sealed class FaceCutter : IAsyncDisposable
{
    // What InsightFace's packers use.
    private const int JpegQuality = 95;

    private readonly PackForm _form;
    private readonly VisionEngine? _engine;

    public FaceCutter(PackForm form, string? modelFolder)
    {
        _form = form;
        _engine = form == PackForm.Aligned ? null : VisionEngine.Create(new VisionOptions { ModelDirectory = modelFolder });
    }

    /// <summary>The aligned face of a photograph.</summary>
    /// <exception cref="TrainingDataException">It cannot be read, shows no face, or is not aligned where it should be.</exception>
    public async Task<byte[]> CutAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var encoded = await File.ReadAllBytesAsync(path, cancellationToken);
            if (_engine is null)
            {
                return Aligned(path, encoded);
            }

            var faces = await _engine.AlignAsync(encoded, _form == PackForm.Whole, maxFaces: 1, cancellationToken);
            if (faces.Count == 0)
            {
                throw new TrainingDataException($"{path}: no face was found.");
            }

            using var face = faces[0];
            return ImageEncoder.Jpeg(face.Crop, JpegQuality);
        }
        catch (ImageRefusedException refused)
        {
            throw new TrainingDataException($"{path}: {refused.Message}", refused);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{path} cannot be read: {error.Message}", error);
        }
    }

    public ValueTask DisposeAsync() => _engine?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static byte[] Aligned(string path, byte[] encoded)
    {
        using var picture = ImageDecoder.Decode(encoded, new ImageLimits { MinSide = 1 });
        return picture.Width == FaceDataset.Side && picture.Height == FaceDataset.Side
            ? encoded
            : throw new TrainingDataException($"{path} is {picture.Width}x{picture.Height} pixels; an aligned face has {FaceDataset.Side}x{FaceDataset.Side}.");
    }
}
