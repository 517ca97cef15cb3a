using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>Where a virtual camera looks: the part of a photograph that fills its frame.</summary>
/// <param name="Centre">The point of the photograph, in its pixels, that is in the middle of the frame.</param>
/// <param name="Width">Width in pixels of the part of the photograph that fills the frame's width; positive.</param>
/// <param name="Roll">Rotation of the picture about the middle of the frame, in degrees clockwise.</param>
public readonly record struct CameraPose(SKPoint Centre, float Width, float Roll)
{
    /// <summary>The similarity transform from pixels of the photograph to pixels of a frame of this size.</summary>
    public SKMatrix ToFrame(SKSizeI frame)
    {
        var scale = frame.Width / Width;
        return SKMatrix.CreateTranslation(-Centre.X, -Centre.Y)
            .PostConcat(SKMatrix.CreateScale(scale, scale))
            .PostConcat(SKMatrix.CreateRotationDegrees(Roll))
            .PostConcat(SKMatrix.CreateTranslation(frame.Width / 2f, frame.Height / 2f));
    }

    /// <summary>
    /// The upright box of the photograph that a box of the frame shows: its centre carried back, its size divided by
    /// the zoom. (The bounding box of the carried corners would grow with the roll; a face does not.)
    /// </summary>
    public SKRect ToPhotograph(SKRect box, SKSizeI frame)
    {
        var centre = ToFrame(frame).Invert().MapPoint(box.MidX, box.MidY);
        var scale = Width / frame.Width;
        var (halfWidth, halfHeight) = (box.Width * scale / 2, box.Height * scale / 2);
        return new SKRect(centre.X - halfWidth, centre.Y - halfHeight, centre.X + halfWidth, centre.Y + halfHeight);
    }

    /// <summary>
    /// The nearest pose whose unrotated window lies inside the photograph: the width is cut to what the photograph
    /// offers at the frame's aspect ratio, then the centre is moved.
    /// </summary>
    public CameraPose Inside(SKSizeI photograph, SKSizeI frame)
    {
        var aspect = frame.Height / (float)frame.Width;
        var width = Math.Min(Width, Math.Min(photograph.Width, photograph.Height / aspect));
        var (halfWidth, halfHeight) = (width / 2, width * aspect / 2);
        var centre = new SKPoint(
            Math.Clamp(Centre.X, halfWidth, photograph.Width - halfWidth),
            Math.Clamp(Centre.Y, halfHeight, photograph.Height - halfHeight));
        return this with { Centre = centre, Width = width };
    }
}
