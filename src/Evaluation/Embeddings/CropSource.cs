using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Verification;
using FaceCluster.Vision;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Evaluation.Embeddings;

/// <summary>How pictures become aligned faces.</summary>
public enum FaceForm
{
    /// <summary>Pictures of 112x112 are taken as aligned, all others as <see cref="Whole"/>.</summary>
    Auto,

    /// <summary>They are aligned already; other sizes are scaled.</summary>
    Aligned,

    /// <summary>The whole picture is the box of one face.</summary>
    Whole,

    /// <summary>The best face that the detector finds; a picture without one is left out.</summary>
    Detect,
}

/// <summary>Aligned faces to embed, by number.</summary>
public abstract class CropSource
{
    /// <summary>Number of faces.</summary>
    public abstract int Count { get; }

    /// <summary>What a face is called.</summary>
    public abstract string Describe(int index);

    /// <summary>Reads and aligns a face, which the caller disposes.</summary>
    /// <exception cref="TrainingDataException">It cannot be read, or shows no face.</exception>
    public abstract Task<PixelBuffer> ReadAsync(int index, CancellationToken cancellationToken);

    /// <summary>The faces of a training set.</summary>
    public static CropSource Of(FaceDataset dataset) => new DatasetCrops(dataset);

    /// <summary>The pictures of a verification set, aligned already.</summary>
    public static CropSource Of(VerificationSet set) => new VerificationCrops(set);

    /// <summary>Picture files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="form">How they become faces.</param>
    /// <param name="engine">What aligns; needed where pictures are not aligned already.</param>
    public static CropSource Of(IReadOnlyList<string> paths, FaceForm form, Func<VisionEngine> engine) => new FileCrops(paths, form, engine);

    private sealed class DatasetCrops(FaceDataset dataset) : CropSource
    {
        public override int Count => dataset.Count;

        public override string Describe(int index) => dataset.Describe(index);

        public override Task<PixelBuffer> ReadAsync(int index, CancellationToken cancellationToken) =>
            Task.Run(() => dataset.Read(index), cancellationToken);
    }

    private sealed class VerificationCrops(VerificationSet set) : CropSource
    {
        public override int Count => set.PictureCount;

        public override string Describe(int index) => set.Describe(index);

        public override Task<PixelBuffer> ReadAsync(int index, CancellationToken cancellationToken) =>
            Task.Run(() => set.Read(index), cancellationToken);
    }

    private sealed class FileCrops(IReadOnlyList<string> paths, FaceForm form, Func<VisionEngine> engine) : CropSource
    {
        private readonly Lazy<VisionEngine> _engine = new(engine);

        public override int Count => paths.Count;

        public override string Describe(int index) => paths[index];

        public override async Task<PixelBuffer> ReadAsync(int index, CancellationToken cancellationToken)
        {
            try
            {
                var encoded = await File.ReadAllBytesAsync(paths[index], cancellationToken);
                if (form is FaceForm.Auto or FaceForm.Aligned)
                {
                    var picture = await Task.Run(() => ImageDecoder.Decode(encoded, new ImageLimits()), cancellationToken);
                    if (picture.Width == FaceDataset.Side && picture.Height == FaceDataset.Side)
                    {
                        return picture;
                    }

                    using (picture)
                    {
                        if (form == FaceForm.Aligned)
                        {
                            return ImageScaler.Scale(picture, FaceDataset.Side, FaceDataset.Side);
                        }
                    }
                }

                var faces = await _engine.Value.AlignAsync(encoded, wholeImage: form != FaceForm.Detect, maxFaces: 1, cancellationToken);
                return faces.Count > 0 ? faces[0].Crop : throw new TrainingDataException($"{paths[index]}: no face was found.");
            }
            catch (ImageRefusedException refused)
            {
                throw new TrainingDataException($"{paths[index]}: {refused.Message}", refused);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new TrainingDataException($"{paths[index]} cannot be read: {error.Message}", error);
            }
        }
    }
}
