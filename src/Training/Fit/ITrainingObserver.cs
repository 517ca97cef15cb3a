namespace FaceCluster.Training.Fit;

/// <summary>How a run stands.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Epoch">Passes over the data done.</param>
/// <param name="Loss">Mean loss since the last report.</param>
/// <param name="Rate">Learning rate of the step.</param>
/// <param name="Accuracy">Share of pictures since the last report whose own class had the largest cosine before the margin.</param>
/// <param name="GradientNorm">Length of the network's gradient before clipping.</param>
/// <param name="ImagesPerSecond">Pictures per second since the last report.</param>
/// <param name="Remaining">Time left at that speed.</param>
/// <param name="Measures">What the head and the regularisers report.</param>
public sealed record StepReport(
    long Step,
    long TotalSteps,
    double Epoch,
    double Loss,
    double Rate,
    double Accuracy,
    double GradientNorm,
    double ImagesPerSecond,
    TimeSpan Remaining,
    IReadOnlyList<(string Name, double Value)> Measures);

/// <summary>Follows a run; called on the training thread.</summary>
public interface ITrainingObserver
{
    /// <summary>Every run.logEvery steps, and after the last.</summary>
    void OnReport(StepReport report);

    /// <summary>Something worth a line: a checkpoint, a skipped step, a rollback.</summary>
    void OnEvent(string message);
}
