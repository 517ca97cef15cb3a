using System.CommandLine;
using System.Diagnostics;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Loading;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train data speed</c>: pictures a second of the loader alone, to hold against <c>speed</c>.</summary>
internal sealed class DataSpeedCommand : TrainerCommand
{
    private readonly Argument<string> _source = new("source") { Description = "A training set in any form." };
    private readonly Option<int> _batch = new("--batch") { Description = "Faces in a batch.", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _batches = new("--batches") { Description = "Timed batches.", DefaultValueFactory = _ => 50 };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads that decode; 0 leaves one core free." };
    private readonly Option<bool> _augment = new("--augment") { Description = "With every kind of augmentation at a probability of 0.2, not only mirror images." };

    public DataSpeedCommand(TextWriter output, TextWriter error)
        : base("speed", "Measures how many faces a second the loader reads, decodes and augments.", output, error)
    {
        Arguments.Add(_source);
        foreach (var option in (Option[])[_batch, _batches, _threads, _augment])
        {
            Options.Add(option);
        }

        Run((parse, cancellation) => Task.FromResult(Measure(parse, cancellation)));
    }

    private int Measure(ParseResult parse, CancellationToken cancellation)
    {
        var all = new AugmentationOptions { Crop = 0.2, Color = 0.2, Grey = 0.2, Blur = 0.2, LowResolution = 0.2, Jpeg = 0.2, Erase = 0.2 };
        var options = new LoaderOptions
        {
            BatchSize = parse.GetValue(_batch),
            Threads = parse.GetValue(_threads),
            Augmentation = parse.GetValue(_augment) ? all : AugmentationOptions.FlipOnly,
        };
        using var dataset = FaceDatasets.Open(parse.GetValue(_source)!);
        using var loader = new BatchLoader(dataset, new ShuffleSampler(dataset, 1), options);

        // The batches that were ready before the clock starts, and the compiler's first passes, do not count.
        for (var i = 0; i <= 2 * options.Ahead; i++)
        {
            loader.Take(cancellation).Dispose();
        }

        var clock = Stopwatch.StartNew();
        for (var i = 0; i < parse.GetValue(_batches); i++)
        {
            loader.Take(cancellation).Dispose();
        }

        var seconds = clock.Elapsed.TotalSeconds;
        WriteJson(new { batch = options.BatchSize, threads = options.Threads, augment = parse.GetValue(_augment), images_per_second = parse.GetValue(_batches) * options.BatchSize / seconds });
        return 0;
    }
}
