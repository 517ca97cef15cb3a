namespace FaceCluster.Vision.Geometry;

/// <summary>A rectangle in pixels of the upright picture. Coordinates may lie between pixels.</summary>
/// <param name="Left">Left edge.</param>
/// <param name="Top">Upper edge.</param>
/// <param name="Width">Width, positive.</param>
/// <param name="Height">Height, positive.</param>
public readonly record struct FaceBox(float Left, float Top, float Width, float Height)
{
    public float Right => Left + Width;

    public float Bottom => Top + Height;

    public float Area => Width * Height;

    /// <summary>Area shared with another box in square pixels.</summary>
    public float Intersection(FaceBox other)
    {
        var width = Math.Min(Right, other.Right) - Math.Max(Left, other.Left);
        var height = Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top);
        return width > 0 && height > 0 ? width * height : 0;
    }

    /// <summary>Shared area over united area, 0 to 1.</summary>
    public float IntersectionOverUnion(FaceBox other)
    {
        var shared = Intersection(other);
        return shared <= 0 ? 0 : shared / (Area + other.Area - shared);
    }

    /// <summary>The part inside a picture of the given size; its width or height is not positive where none is.</summary>
    public FaceBox ClipTo(int width, int height)
    {
        var left = Math.Clamp(Left, 0, width);
        var top = Math.Clamp(Top, 0, height);
        return new FaceBox(left, top, Math.Clamp(Right, 0, width) - left, Math.Clamp(Bottom, 0, height) - top);
    }
}
