using System.Text.Json;
using FaceCluster.Training.Fit;

namespace FaceCluster.Training.Reports;

/// <summary>
/// Keeps what a run reports: metrics.jsonl (one line a report), TensorBoard event files, and report.html, written anew now and
/// then. A resumed run goes on where the checkpoint was: later lines of the interrupted run are dropped.
/// </summary>
public sealed class RunLog : ITrainingObserver, IDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(20);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private readonly string _folder;
    private readonly string _title;
    private readonly string _configuration;
    private readonly TimeProvider _time;
    private readonly List<MetricLine> _lines = [];
    private readonly List<string> _events = [];
    private readonly TensorBoardLog _board;
    private readonly StreamWriter _metrics;
    private DateTimeOffset _written;

    /// <param name="folder">Output folder of the run.</param>
    /// <param name="title">Heading of the report.</param>
    /// <param name="configuration">Configuration as JSON, shown in the report.</param>
    /// <param name="fromStep">Steps already done; 0 for a new run.</param>
    /// <param name="time">Clock.</param>
    public RunLog(string folder, string title, string configuration, long fromStep = 0, TimeProvider? time = null)
    {
        (_folder, _title, _configuration, _time) = (folder, title, configuration, time ?? TimeProvider.System);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "metrics.jsonl");
        if (fromStep > 0 && File.Exists(path))
        {
            _lines.AddRange(Read(path).Where(line => line.Step <= fromStep));
        }

        _metrics = new StreamWriter(path, append: false) { AutoFlush = true };
        _lines.ForEach(line => _metrics.WriteLine(JsonSerializer.Serialize(line, Json)));
        _board = new TensorBoardLog(Path.Combine(folder, "tensorboard"), _time);
    }

    /// <summary>One line of metrics.jsonl.</summary>
    /// <param name="Step">Steps done.</param>
    /// <param name="Epoch">Passes done.</param>
    /// <param name="Values">Scalars by name.</param>
    public sealed record MetricLine(long Step, double Epoch, IReadOnlyDictionary<string, double> Values);

    /// <inheritdoc/>
    public void OnReport(StepReport report)
    {
        var values = new Dictionary<string, double>
        {
            ["loss"] = report.Loss,
            ["accuracy"] = report.Accuracy,
            ["rate"] = report.Rate,
            ["gradient"] = report.GradientNorm,
            ["images/s"] = report.ImagesPerSecond,
        };
        foreach (var (name, value) in report.Measures)
        {
            values[name] = value;
        }

        var line = new MetricLine(report.Step, report.Epoch, values);
        _lines.Add(line);
        _metrics.WriteLine(JsonSerializer.Serialize(line, Json));
        _board.Add(report.Step, values.Select(entry => (entry.Key, entry.Value)));
        if (_time.GetUtcNow() - _written > ReportInterval || report.Step == report.TotalSteps)
        {
            WriteReport();
        }
    }

    /// <inheritdoc/>
    public void OnEvent(string message) => _events.Add($"{_time.GetUtcNow():HH:mm:ss} {message}");

    /// <summary>Writes report.html now.</summary>
    public void WriteReport()
    {
        HtmlReport.Write(Path.Combine(_folder, "report.html"), _title, _configuration, _lines, _events);
        _written = _time.GetUtcNow();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        WriteReport();
        _metrics.Dispose();
        _board.Dispose();
    }

    // A line cut off by a crash ends the reading.
    private static IEnumerable<MetricLine> Read(string path)
    {
        foreach (var text in File.ReadAllLines(path))
        {
            MetricLine? line;
            try
            {
                line = JsonSerializer.Deserialize<MetricLine>(text, Json);
            }
            catch (JsonException)
            {
                yield break;
            }

            if (line is not null)
            {
                yield return line;
            }
        }
    }
}
