namespace FaceCluster.Training.Optimisation;

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Stays.</summary>
    Constant,

    /// <summary>(1 - progress)^power, per step; power 1 in arcface_torch.</summary>
    Polynomial,

    /// <summary>Times a factor at each milestone.</summary>
    MultiStep,

    /// <summary>Half a cosine wave from the full rate to the least.</summary>
    Cosine,
}

/// <summary>Settings of <see cref="LearningRate"/>.</summary>
public sealed record ScheduleOptions
{
    /// <summary>How the rate falls.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Polynomial;

    /// <summary>Steps over which the rate rises linearly from 0, or a share of all steps where <see cref="WarmUpEpochs"/> is set.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Warm-up in epochs; added to <see cref="WarmUpSteps"/>.</summary>
    public double WarmUpEpochs { get; init; }

    /// <summary>Exponent of the polynomial.</summary>
    public double Power { get; init; } = 1;

    /// <summary>Epochs at which the rate is multiplied, ascending.</summary>
    public IReadOnlyList<double> Milestones { get; init; } = [];

    /// <summary>Factor at each milestone.</summary>
    public double Factor { get; init; } = 0.1;

    /// <summary>Least rate as a share of the full one.</summary>
    public double Least { get; init; }
}

/// <summary>
/// The learning rate as a function of the step alone: nothing to save, a resumed run continues with the same numbers.
/// </summary>
/// <param name="rate">Full rate, positive.</param>
/// <param name="options">How it changes.</param>
/// <param name="totalSteps">Steps of the whole run.</param>
/// <param name="stepsPerEpoch">Steps of one pass over the data.</param>
public sealed class LearningRate(double rate, ScheduleOptions options, long totalSteps, double stepsPerEpoch)
{
    private readonly double _warmUp = options.WarmUpSteps + options.WarmUpEpochs * stepsPerEpoch;

    /// <summary>The rate of a step, counted from 0.</summary>
    public double At(long step)
    {
        if (step < _warmUp)
        {
            return rate * (step + 1) / (_warmUp + 1);
        }

        var progress = Math.Clamp((step - _warmUp) / Math.Max(1, totalSteps - _warmUp), 0, 1);
        var share = options.Kind switch
        {
            ScheduleKind.Polynomial => Math.Pow(1 - progress, options.Power),
            ScheduleKind.MultiStep => Math.Pow(options.Factor, options.Milestones.Count(milestone => step >= milestone * stepsPerEpoch)),
            ScheduleKind.Cosine => (1 + Math.Cos(Math.PI * progress)) / 2,
            _ => 1,
        };
        return rate * (options.Least + (1 - options.Least) * share);
    }
}
