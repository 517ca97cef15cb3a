using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>
/// Who the faces of a frame are: each box is carried back to the photograph through the known pose of the camera and
/// compared with the faces that are marked there, as far as they are inside the frame. A marked face takes the one box
/// that fits best. A box that is left over (a hand, hair, a pattern) is labelled by its place in the photograph, so that
/// it counts against a cluster that mixes it with people. Not safe for concurrent use.
/// </summary>
public sealed class GroundTruth(IReadOnlyList<SamplePhotograph> photographs)
{
    /// <summary>Smallest intersection over union at which a box is taken for a marked face.</summary>
    public const float SmallestOverlap = 0.3f;

    /// <summary>How much of a marked face must be inside the frame for it to be looked for.</summary>
    private const float SmallestVisible = 0.3f;

    private readonly List<(int Photograph, SKRect Box)> _places = [];

    /// <summary>Number of boxes so far that were on no marked face.</summary>
    public int Strays { get; private set; }

    /// <summary>The labels of the boxes of one frame, in their order: a person's label, or "place-N".</summary>
    public IReadOnlyList<string> LabelsOf(Shot shot, IReadOnlyList<SKRect> boxes)
    {
        var seen = boxes.Select(box => shot.Pose.ToPhotograph(box, shot.Size)).ToArray();
        var labels = new string?[boxes.Count];
        var taken = new HashSet<MarkedFace>();
        var fits =
            from face in photographs[shot.Photograph].Faces
            let visible = Visible(face.Box, shot)
            where visible is not null
            from index in Enumerable.Range(0, seen.Length)
            let overlap = Overlap(visible.Value, seen[index])
            where overlap >= SmallestOverlap
            orderby overlap descending
            select (face, index);
        foreach (var (face, index) in fits)
        {
            if (labels[index] is null && taken.Add(face))
            {
                labels[index] = face.Person;
            }
        }

        return [.. labels.Select((label, index) => label ?? PlaceOf(shot.Photograph, seen[index]))];
    }

    /// <summary>Intersection over union of two boxes, 0 to 1.</summary>
    public static float Overlap(SKRect a, SKRect b)
    {
        var shared = Shared(a, b);
        return shared == 0 ? 0 : shared / (Area(a) + Area(b) - shared);
    }

    private string PlaceOf(int photograph, SKRect seen)
    {
        Strays++;
        var place = _places.FindIndex(known => known.Photograph == photograph && Overlap(known.Box, seen) >= SmallestOverlap);
        if (place < 0)
        {
            place = _places.Count;
            _places.Add((photograph, seen));
        }

        return $"place-{place + 1}";
    }

    /// <summary>The part of a face that the frame shows (by the unrotated window), or null where that is too little.</summary>
    private static SKRect? Visible(SKRect face, Shot shot)
    {
        var window = shot.Pose.ToPhotograph(SKRect.Create(0, 0, shot.Size.Width, shot.Size.Height), shot.Size);
        return Shared(face, window) >= SmallestVisible * Area(face) ? SKRect.Intersect(face, window) : null;
    }

    private static float Area(SKRect box) => box.Width * box.Height;

    private static float Shared(SKRect a, SKRect b)
    {
        var width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        var height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        return width > 0 && height > 0 ? width * height : 0;
    }
}
