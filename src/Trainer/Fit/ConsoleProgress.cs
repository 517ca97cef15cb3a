using System.Globalization;
using FaceCluster.Training.Fit;

namespace FaceCluster.Trainer.Fit;

/// <summary>
/// Shows how a run stands: one line that is written over where a person watches, one line a report elsewhere. Passes everything on.
/// </summary>
internal sealed class ConsoleProgress(TextWriter error, ITrainingObserver next) : ITrainingObserver, IDisposable
{
    private const int BarWidth = 24;
    private readonly bool _live = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    private bool _open;

    /// <inheritdoc/>
    public void OnReport(StepReport report)
    {
        var line = Format(report);
        if (_live)
        {
            error.Write("\r" + line + "\e[K");
            _open = true;
        }
        else
        {
            error.WriteLine(line);
        }

        next.OnReport(report);
    }

    /// <inheritdoc/>
    public void OnEvent(string message)
    {
        Close();
        error.WriteLine(message);
        next.OnEvent(message);
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    /// <summary>One line: bar, steps, loss, accuracy, learning rate, speed, time left.</summary>
    internal static string Format(StepReport report)
    {
        var share = (double)report.Step / report.TotalSteps;
        var full = (int)(share * BarWidth);
        var left = report.Remaining.TotalHours >= 1
            ? $"{(int)report.Remaining.TotalHours}:{report.Remaining.Minutes:00}:{report.Remaining.Seconds:00}"
            : $"{report.Remaining.Minutes}:{report.Remaining.Seconds:00}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('#', full)}{new string('.', BarWidth - full)}] {report.Step}/{report.TotalSteps} epoch {report.Epoch:0.00} loss {report.Loss:0.0000} acc {report.Accuracy:0.000} lr {report.Rate:0.#####} {report.ImagesPerSecond:0.0} img/s eta {left}");
    }

    private void Close()
    {
        if (_open)
        {
            error.WriteLine();
            _open = false;
        }
    }
}
