using FaceCluster.Cli.CommandLine;
using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>The eight cameras with all their frames.</summary>
/// <param name="Cameras">The frames of each camera, in order, by its name.</param>
/// <param name="Truth">The people in the photographs.</param>
public sealed record VirtualFleet(IReadOnlyDictionary<string, IReadOnlyList<RenderedFrame>> Cameras, SamplePeople Truth)
{
    /// <summary>Frames of all cameras.</summary>
    public int FrameCount => Cameras.Values.Sum(frames => frames.Count);

    /// <summary>Renders the frames; the same seed gives the same frames.</summary>
    /// <param name="samples">Folder of the sample photographs.</param>
    /// <param name="framesPerCamera">Frames of each camera, at least one per photograph.</param>
    /// <param name="seed">Where all choices come from.</param>
    /// <param name="progress">Told the number of finished frames.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="CliException">A photograph is missing, or is not the one that the truth was marked in.</exception>
    public static async Task<VirtualFleet> RenderAsync(
        string samples, int framesPerCamera, int seed, IProgress<long> progress, CancellationToken cancellation)
    {
        var truth = SamplePeople.Load();
        using var renderer = new FrameRenderer(LoadPhotographs(samples, truth));
        var sizes = renderer.PhotographSizes;
        var shots = CameraProfile.Fleet
            .SelectMany(profile => new VirtualCamera(profile, sizes, framesPerCamera, seed).Shots())
            .ToArray();
        var frames = new RenderedFrame[shots.Length];
        var done = 0;
        await Parallel.ForAsync(0, shots.Length, cancellation, (index, _) =>
        {
            frames[index] = new RenderedFrame(shots[index], renderer.Render(shots[index]));
            progress.Report(Interlocked.Increment(ref done));
            return ValueTask.CompletedTask;
        });
        return new VirtualFleet(
            frames.GroupBy(frame => frame.Shot.Camera).ToDictionary(
                camera => camera.Key, camera => (IReadOnlyList<RenderedFrame>)[.. camera], StringComparer.Ordinal),
            truth);
    }

    /// <summary>The frame of a face.</summary>
    public RenderedFrame Frame(string camera, long sequence) => Cameras[camera][(int)sequence];

    private static List<SKImage> LoadPhotographs(string samples, SamplePeople truth)
    {
        var images = new List<SKImage>();
        foreach (var photograph in truth.Photographs)
        {
            var path = Path.Combine(samples, photograph.File);
            if (!File.Exists(path))
            {
                throw new CliException($"the sample photograph '{path}' is missing: './build.sh demo' fetches it.", ExitCode.NotFound);
            }

            // Decoded once, here: an image made of encoded data would be decoded again for every frame.
            using var bitmap = SKBitmap.Decode(path);
            if (bitmap is null || bitmap.Width != photograph.Size.Width || bitmap.Height != photograph.Size.Height)
            {
                throw new CliException(
                    $"'{path}' is not the photograph of {photograph.Size.Width} x {photograph.Size.Height} pixels that the truth was marked in.",
                    ExitCode.Refused);
            }

            images.Add(SKImage.FromBitmap(bitmap));
        }

        return images;
    }
}
