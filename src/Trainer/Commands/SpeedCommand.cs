using System.CommandLine;
using System.Diagnostics;
using FaceCluster.Trainer.CommandLine;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Layers;
using FaceCluster.Training.Runtime;
using static TorchSharp.torch;

namespace FaceCluster.Trainer.Commands;

/// <summary><c>facecluster-train speed</c>: pictures a second of forward and backward passes of a backbone on random pictures.</summary>
internal sealed class SpeedCommand : TrainerCommand
{
    private readonly Option<string> _backbone = new("--backbone") { Description = "As model.backbone of a configuration.", DefaultValueFactory = _ => "mobilefacenet" };
    private readonly Option<int> _batch = new("--batch") { Description = "Pictures of a pass.", DefaultValueFactory = _ => 16 };
    private readonly Option<int> _rounds = new("--rounds") { Description = "Timed passes; the median is given.", DefaultValueFactory = _ => 7 };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of libtorch, 0 for its own choice." };
    private readonly Option<Precision> _precision = new("--precision") { Description = "Numbers in which convolutions compute." };

    public SpeedCommand(TextWriter output, TextWriter error)
        : base("speed", "Measures forward and backward passes of a backbone.", output, error)
    {
        foreach (var option in (Option[])[_backbone, _batch, _rounds, _threads, _precision])
        {
            Options.Add(option);
        }

        Run((parse, cancellation) => Task.FromResult(Measure(parse, cancellation)));
    }

    private int Measure(ParseResult parse, CancellationToken cancellation)
    {
        TorchRuntime.EnsureLoaded();
        if (parse.GetValue(_threads) is > 0 and var threads)
        {
            set_num_threads(threads);
        }

        var batch = parse.GetValue(_batch);
        using var network = NetworkFactory.Create(new ModelOptions { Backbone = parse.GetValue(_backbone)! });
        network.SetPrecision(parse.GetValue(_precision));
        network.train();
        using var input = randn(batch, 3, network.ImageSize, network.ImageSize);
        var times = new List<double>();
        for (var round = 0; round < parse.GetValue(_rounds) + 2; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            using (NewDisposeScope())
            {
                foreach (var parameter in network.parameters())
                {
                    parameter.grad?.zero_();
                }

                network.forward(input).pow(2).mean().backward();
            }

            // The first two passes allocate and choose algorithms.
            if (round >= 2)
            {
                times.Add(clock.Elapsed.TotalSeconds);
            }
        }

        times.Sort();
        var median = times[times.Count / 2];
        WriteJson(new { backbone = parse.GetValue(_backbone), batch, threads = get_num_threads(), seconds = median, images_per_second = batch / median });
        return 0;
    }
}
