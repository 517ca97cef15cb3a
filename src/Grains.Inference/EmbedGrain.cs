using System.Runtime.InteropServices;
using System.Text;
using FaceCluster.Vision;
using FaceCluster.Vision.Imaging;
using Orleans.Concurrency;
using FoundBox = FaceCluster.Vision.Geometry.FaceBox;

namespace FaceCluster.Grains.Inference;

/// <summary>
/// The grain in front of the silo's engine: it holds no state and no work of its own. Reentrant, because a worker that
/// waits for a batch must not keep the next picture out of it; the engine bounds what is under way.
/// </summary>
[StatelessWorker(1)]
[Reentrant]
[GrainType("fc.embed")]
internal sealed class EmbedGrain(VisionEngine engine) : Grain, IEmbedGrain
{
    private static readonly double[] Shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

    /// <inheritdoc/>
    public async ValueTask<PictureAnswer> Analyze(PictureRequest request, CancellationToken cancellationToken = default)
    {
        var options = new AnalyzeOptions { MaxFaces = request.MaxFaces };
        try
        {
            var analysis = await (request.Kind switch
            {
                PictureKind.AlignedCrop => engine.EmbedAlignedAsync(request.Encoded, options, cancellationToken),
                PictureKind.WholeImage => engine.EmbedWholeImageAsync(request.Encoded, options, cancellationToken),
                _ => engine.AnalyzeFrameAsync(request.Encoded, options, cancellationToken),
            });
            return new PictureAnswer
            {
                Width = analysis.Width,
                Height = analysis.Height,
                FacesOverLimit = analysis.FacesOverLimit,
                Faces = [.. analysis.Faces.Select(face => Face(face, request.Kind))],
                Refused = [.. analysis.Refused.Select(face => Refused(face, request.Kind))],
            };
        }
        catch (ImageRefusedException refused)
        {
            return new PictureAnswer { RefusalReason = UpperSnake(refused.Reason), RefusalMessage = refused.Message };
        }
        catch (VisionOverloadedException overloaded)
        {
            return new PictureAnswer { RefusalReason = "OVERLOADED", RefusalMessage = overloaded.Message, RetryAfter = overloaded.RetryAfter };
        }
    }

    /// <inheritdoc/>
    public ValueTask<InferenceStatus> Status()
    {
        var status = engine.Status;
        return new(new InferenceStatus
        {
            ModelId = status.ModelId,
            Dimension = engine.Model.Dimension,
            Provider = status.Provider == Vision.Inference.InferenceProvider.Cuda ? "cuda" : "cpu",
            QueueLength = status.PicturesInFlight,
            MagnitudeQuantiles = Shares.ToDictionary(static share => share, share => (float)engine.Model.Quantiles.MagnitudeAt(share)),
            CalibrationSlope = engine.Model.Manifest.Calibration?.Slope,
            CalibrationMidpoint = engine.Model.Manifest.Calibration?.Midpoint,
        });
    }

    private static PictureFace Face(AnalyzedFace face, PictureKind kind) => new()
    {
        // A crop is the face; its box says nothing about where the camera saw it.
        Box = kind == PictureKind.AlignedCrop ? null : Box(face.Box),
        DetectionScore = kind == PictureKind.Frame ? face.DetectionScore : 1,
        Magnitude = face.Magnitude,
        Embedding = MemoryMarshal.AsBytes(face.Embedding.AsSpan()).ToArray(),
    };

    private static RefusedFace Refused(Vision.RefusedFace face, PictureKind kind) => new()
    {
        Box = kind == PictureKind.AlignedCrop ? null : Box(face.Box),
        DetectionScore = kind == PictureKind.Frame ? face.DetectionScore : 1,
        Reason = face.Reason == FaceRefusal.TooSmall ? RefusedFaceReason.TooSmall : RefusedFaceReason.InvalidEmbedding,
    };

    private static FaceBox Box(FoundBox box) => new(box.Left, box.Top, box.Width, box.Height);

    private static string UpperSnake(ImageRefusal reason)
    {
        var text = new StringBuilder();
        foreach (var letter in reason.ToString())
        {
            if (char.IsUpper(letter) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(letter));
        }

        return text.ToString();
    }
}
