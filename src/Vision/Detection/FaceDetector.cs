using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;
using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;

namespace FaceCluster.Vision.Detection;

/// <summary>
/// Finds faces with an UltraFace model (github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB): "scores" holds
/// background and face for each anchor, "boxes" its corners relative to the window.
/// </summary>
internal sealed class FaceDetector
{
    // A part of a face that another level shows whole lies almost entirely inside the whole face's box.
    private const float Containment = 0.8f;

    private readonly BatchingEngine _engine;
    private readonly DetectionOptions _options;
    private readonly int _width;
    private readonly int _height;

    public FaceDetector(BatchingEngine engine, DetectionOptions options)
    {
        _engine = engine;
        _options = options;
        (_height, _width) = ((int)engine.Model.InputShape[1], (int)engine.Model.InputShape[2]);
    }

    /// <summary>The outputs the model must have, in this order.</summary>
    public static IReadOnlyList<string> Outputs { get; } = ["scores", "boxes"];

    /// <exception cref="ModelException">The model is no such detector.</exception>
    public static void Check(OnnxModel model)
    {
        if (model.InputShape[0] != 3 || model.OutputLengths[0] * 2 != model.OutputLengths[1])
        {
            throw new ModelException("The detector must take three colour planes and give two scores and four corners per anchor, as UltraFace does.");
        }
    }

    /// <summary>Finds the faces of a picture, best score first, boxes clipped to the picture.</summary>
    public async Task<List<Detection>> DetectAsync(PixelBuffer picture, CancellationToken cancellationToken)
    {
        var plan = TilePlan.Create(picture.Width, picture.Height, _width, _height, _options.MinFacePixels, _options.MaxTiles);
        var levels = new List<PixelBuffer>(plan.Count);
        try
        {
            var tiles = new List<TileItem>();
            foreach (var level in plan)
            {
                // Each level is made from the one before, which is smaller than the picture.
                var scaled = ImageScaler.Scale(levels.LastOrDefault() ?? picture, level.Width, level.Height);
                levels.Add(scaled);
                tiles.AddRange(level.Tiles.Select(tile => new TileItem(scaled, tile.X, tile.Y, _width, _height, level.MaxFace, _options)));
            }

            await BatchItems.RunAllAsync(_engine, tiles, cancellationToken);
            return Merge(tiles, picture);
        }
        finally
        {
            levels.ForEach(level => level.Dispose());
        }
    }

    private List<Detection> Merge(List<TileItem> tiles, PixelBuffer picture)
    {
        var found = tiles.SelectMany(tile => tile.Faces.Select(face => Scaled(
            face, (float)picture.Width / tile.Level.Width, (float)picture.Height / tile.Level.Height)));
        return NonMaximumSuppression.Apply(found, _options.OverlapThreshold, Containment)
            .Select(face => face with { Box = face.Box.ClipTo(picture.Width, picture.Height) })
            .Where(face => face.Box is { Width: >= 1, Height: >= 1 })
            .ToList();
    }

    private static Detection Scaled(Detection face, float x, float y) =>
        face with { Box = new FaceBox(face.Box.Left * x, face.Box.Top * y, face.Box.Width * x, face.Box.Height * y) };
}
