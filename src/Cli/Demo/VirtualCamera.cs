using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>
/// A camera that visits every photograph in an order of its own, panning and zooming from one framing to another, while
/// its weaknesses come and go. Which frame shows what is a pure function of the seed, the profile and the frame number,
/// so any frame can be made again at any time.
/// </summary>
public sealed class VirtualCamera
{
    private readonly CameraProfile _profile;
    private readonly IReadOnlyList<SKSizeI> _photographs;
    private readonly int _frames;
    private readonly Scene[] _scenes;

    /// <summary>Plans the camera's day.</summary>
    /// <param name="profile">The character of the camera.</param>
    /// <param name="photographs">Sizes in pixels of the photographs that it visits.</param>
    /// <param name="frames">Number of frames, at least one per photograph.</param>
    /// <param name="seed">Where all choices come from.</param>
    public VirtualCamera(CameraProfile profile, IReadOnlyList<SKSizeI> photographs, int frames, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frames, photographs.Count);
        _profile = profile;
        _photographs = photographs;
        _frames = frames;
        var random = new Random(HashCode(profile.Name, seed));
        var order = Enumerable.Range(0, photographs.Count).ToArray();
        random.Shuffle(order);
        _scenes = [.. order.Select(photograph => Scene.Plan(photograph, random))];
    }

    /// <summary>Name of the camera.</summary>
    public string Name => _profile.Name;

    /// <summary>Number of frames that the camera takes.</summary>
    public int FrameCount => _frames;

    /// <summary>All frames in order.</summary>
    public IEnumerable<Shot> Shots() => Enumerable.Range(0, _frames).Select(frame => At(frame));

    /// <summary>The recipe of a frame, 0 to <see cref="FrameCount"/> - 1.</summary>
    public Shot At(long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, _frames);
        var position = (double)sequence * _scenes.Length / _frames;
        var index = (int)position;
        var scene = _scenes[index];
        var time = (float)(position - index);
        var photograph = _photographs[scene.Photograph];
        var pose = new CameraPose(
            new SKPoint(
                photograph.Width * Mix(scene.From.X, scene.To.X, Smooth(time)),
                photograph.Height * Mix(scene.From.Y, scene.To.Y, Smooth(time))),
            photograph.Width * Mix(1f, _profile.Closest, Zoom(scene, time)),
            _profile.Roll * MathF.Sin((float)sequence * 0.9f + scene.Phase));
        return new Shot(
            Name, sequence, scene.Photograph, _profile.Size, pose.Inside(photograph, _profile.Size), Effects(sequence, scene));
    }

    /// <summary>Blur, exposure and compression swing at rates that share no period, so that every mixture occurs.</summary>
    private FrameEffects Effects(long sequence, Scene scene)
    {
        var blur = Swing(sequence, 0.71f, scene.Phase);
        var dark = Swing(sequence, 0.43f, scene.Phase + 2f);
        var thin = Swing(sequence, 1.13f, scene.Phase + 4f);
        return new FrameEffects(
            _profile.Blur * blur,
            Mix(1f, _profile.Darkest, dark),
            _profile.Noise,
            (int)MathF.Round(Mix(Math.Min(92, _profile.Quality + 15), _profile.Quality, thin)));
    }

    private static float Zoom(Scene scene, float time) => scene.ZoomsIn ? Smooth(time) : 1 - Smooth(time);

    private static float Swing(long sequence, float rate, float phase) => 0.5f - 0.5f * MathF.Cos(sequence * rate + phase);

    private static float Smooth(float t) => t * t * (3 - 2 * t);

    private static float Mix(float a, float b, float t) => a + (b - a) * t;

    // string.GetHashCode differs from run to run.
    private static int HashCode(string name, int seed) => name.Aggregate(seed, (hash, letter) => unchecked(hash * 31 + letter));

    /// <summary>One photograph's visit: from one point of it to another (relative coordinates), zooming in or out.</summary>
    private sealed record Scene(int Photograph, SKPoint From, SKPoint To, bool ZoomsIn, float Phase)
    {
        public static Scene Plan(int photograph, Random random)
        {
            // People stand in the upper half of a photograph and side by side: cameras pan along that line.
            var (left, right) = (0.15f + 0.2f * random.NextSingle(), 0.65f + 0.2f * random.NextSingle());
            var (high, low) = (0.18f + 0.15f * random.NextSingle(), 0.25f + 0.2f * random.NextSingle());
            var leftwards = random.Next(2) == 0;
            return new Scene(
                photograph,
                new SKPoint(leftwards ? right : left, high),
                new SKPoint(leftwards ? left : right, low),
                random.Next(2) == 0,
                random.NextSingle() * MathF.Tau);
        }
    }
}
