using System.Globalization;
using System.Text.Json;

namespace FaceCluster.Index.Benchmarking;

/// <summary>
/// The measurements as a command: <c>search</c>, <c>link</c>, <c>knn</c>, <c>append</c> or <c>limits</c>, then options.
/// Every result is one JSON line.
/// </summary>
/// <remarks>
/// With <c>--paced</c>, <c>search</c> prints a first line when the index is ready and then waits for lines
/// "batch seconds" on its input, measuring once for each: a script can so take turns with other programs, which is the
/// only fair comparison on a machine that does other work too.
/// </remarks>
public static class BenchmarkCommand
{
    /// <summary>One paragraph of help.</summary>
    public const string Usage =
        """
        search  --n 100000 --k 10 --batch 1,16,256 --threads 2 --seconds 2 [--export FOLDER] [--paced]
                a line has exactly name, n, batch, threads, qps, p99_ms, recall, build_s, peak_mb
        link    --n 100000 --tau 0.4 --batch 32 --threads 2 --seconds 2
        knn     --n 12500,25000,50000,100000 --k 80 --threads 2
        append  --n 100000 --batch 16 --seconds 3 [--warm ROWS]
        limits  --n 100000 --batch 1,16,256 --threads 2 --seconds 2
        """;

    /// <summary>Runs one measurement; 0 for success, 2 for a wrong command line.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextReader input, TextWriter output, TextWriter errors, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errors);
        try
        {
            var options = Options.Parse(arguments);
            await foreach (var line in MeasureAsync(options, input, cancellation))
            {
                await output.WriteLineAsync(JsonSerializer.Serialize(line, line.GetType()));
                await output.FlushAsync(cancellation);
            }

            return 0;
        }
        catch (FormatException error)
        {
            await errors.WriteLineAsync(error.Message);
            await errors.WriteLineAsync(Usage);
            return 2;
        }
    }

    private static async IAsyncEnumerable<object> MeasureAsync(
        Options options, TextReader input, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var threads = options.Whole("threads", "2");
        var seconds = options.Number("seconds", "2");
        switch (options.Command)
        {
            case "search":
                var search = new SearchBenchmark(options.Whole("n", "100000"));
                if (options.Text("export") is { } folder)
                {
                    search.Export(folder);
                }

                var k = options.Whole("k", "10");
                var recall = await search.RecallAsync(k, search.Faces > 200_000 ? 8 : 32, threads, cancellation);
                if (options.Has("paced"))
                {
                    yield return new { name = "ready", n = search.Faces, recall, peak_mb = PeakMemory.Megabytes };
                    while (await input.ReadLineAsync(cancellation) is { Length: > 0 } line)
                    {
                        var parts = line.Split(' ');
                        var (batch, time) = (int.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture));
                        yield return await search.SearchAsync(batch, k, threads, time, cancellation) with { Recall = recall };
                    }

                    yield break;
                }

                foreach (var batch in options.List("batch", "1,16,256"))
                {
                    yield return await search.SearchAsync(batch, k, threads, seconds, cancellation) with { Recall = recall, CpuMillisecondsPerQuery = null };
                }

                break;
            case "link":
                var link = new SearchBenchmark(options.Whole("n", "100000"));
                foreach (var batch in options.List("batch", "32"))
                {
                    yield return await link.LinkAsync(batch, options.Number("tau", "0.4"), threads, seconds, cancellation);
                }

                break;
            case "knn":
                foreach (var faces in options.List("n", "12500,25000,50000,100000"))
                {
                    yield return await GraphBenchmark.RunAsync(faces, options.Whole("k", "80"), threads, cancellation);
                }

                break;
            case "append":
                yield return await AppendBenchmark.RunAsync(options.Whole("n", "100000"), options.Whole("batch", "16"), seconds, options.Has("warm") ? options.Whole("warm", "1000000") : 0, cancellation);
                break;
            case "limits":
                var limited = new SearchBenchmark(options.Whole("n", "100000"));
                foreach (var batch in options.List("batch", "1,16,256"))
                {
                    var limits = MachineLimits.Measure(threads);
                    yield return limits;
                    yield return LimitShare.Of(limits, await limited.SearchAsync(batch, 10, threads, seconds, cancellation), limited.Index.Dimension);
                }

                break;
            default:
                throw new FormatException($"There is no measurement '{options.Command}'.");
        }
    }

    private sealed class Options(string command, Dictionary<string, string> values)
    {
        public string Command => command;

        public static Options Parse(IReadOnlyList<string> arguments)
        {
            var values = new Dictionary<string, string>();
            for (var i = 1; i < arguments.Count; i++)
            {
                if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                {
                    throw new FormatException($"'{arguments[i]}' is not an option.");
                }

                var hasValue = i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
                values[arguments[i][2..]] = hasValue ? arguments[++i] : "";
            }

            return new Options(arguments.Count > 0 ? arguments[0] : "", values);
        }

        public bool Has(string name) => values.ContainsKey(name);

        public string? Text(string name) => values.TryGetValue(name, out var value) ? value : null;

        public double Number(string name, string fallback) =>
            double.TryParse(values.GetValueOrDefault(name, fallback), CultureInfo.InvariantCulture, out var value) && value > 0
                ? value
                : throw new FormatException($"--{name} must be a positive number.");

        public int Whole(string name, string fallback) => List(name, fallback) is [var only]
            ? only
            : throw new FormatException($"--{name} takes one number.");

        public int[] List(string name, string fallback) =>
        [
            .. values.GetValueOrDefault(name, fallback).Split(',').Select(part =>
                int.TryParse(part, CultureInfo.InvariantCulture, out var value) && value > 0
                    ? value
                    : throw new FormatException($"--{name} must be whole numbers above 0, separated by commas.")),
        ];
    }
}
