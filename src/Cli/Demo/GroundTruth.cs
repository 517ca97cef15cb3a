using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>
/// Who a detected face is: its box is carried back to the photograph through the known pose of the camera and compared
/// with the faces that are marked there. A detection on no marked face (a poster, a pattern, a false alarm) is labelled
/// by its place, so that it counts against a cluster that mixes it with people. Not safe for concurrent use.
/// </summary>
public sealed class GroundTruth(IReadOnlyList<SamplePhotograph> photographs)
{
    /// <summary>Smallest intersection over union at which a box is taken for the marked face.</summary>
    public const float SmallestOverlap = 0.25f;

    private readonly List<(int Photograph, SKRect Box)> _places = [];

    /// <summary>Number of detections so far that were on no marked face.</summary>
    public int Strays { get; private set; }

    /// <summary>The label of the face in this box of a frame: the person's, or "place-N".</summary>
    public string LabelOf(Shot shot, SKRect box)
    {
        var seen = shot.Pose.ToPhotograph(box, shot.Size);
        var best = photographs[shot.Photograph].Faces
            .Select(face => (face.Person, Overlap: Overlap(face.Box, seen)))
            .MaxBy(candidate => candidate.Overlap);
        if (best.Overlap >= SmallestOverlap)
        {
            return best.Person;
        }

        Strays++;
        var place = _places.FindIndex(known => known.Photograph == shot.Photograph && Overlap(known.Box, seen) >= SmallestOverlap);
        if (place < 0)
        {
            place = _places.Count;
            _places.Add((shot.Photograph, seen));
        }

        return $"place-{place + 1}";
    }

    /// <summary>Intersection over union of two boxes, 0 to 1.</summary>
    public static float Overlap(SKRect a, SKRect b)
    {
        var width = Math.Min(a.Right, b.Right) - Math.Max(a.Left, b.Left);
        var height = Math.Min(a.Bottom, b.Bottom) - Math.Max(a.Top, b.Top);
        if (width <= 0 || height <= 0)
        {
            return 0;
        }

        var shared = width * height;
        return shared / (a.Width * a.Height + b.Width * b.Height - shared);
    }
}
