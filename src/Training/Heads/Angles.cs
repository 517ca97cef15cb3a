using static TorchSharp.torch;

namespace FaceCluster.Training.Heads;

/// <summary>
/// Angle arithmetic whose gradients stay finite: acos and sqrt(1 - c^2) have infinite slopes at |c| = 1, where autograd would give
/// NaN. Values are exact everywhere; slopes are bounded within a hair of the ends.
/// </summary>
internal static class Angles
{
    /// <summary>sin(t) for c = cos(t) in [-1, 1], not negative.</summary>
    public static Tensor Sine(Tensor cosine)
    {
        var square = 1 - cosine * cosine;
        var sloped = square.clamp_min(SquareFloor(cosine)).sqrt();
        return sloped + (square.detach().clamp_min(0).sqrt() - sloped.detach());
    }

    /// <summary>t for c = cos(t) in [-1, 1], within [0, pi].</summary>
    public static Tensor Angle(Tensor cosine)
    {
        var limit = Math.Sqrt(1 - SquareFloor(cosine));
        var sloped = cosine.clamp(-limit, limit).acos();
        return sloped + (cosine.detach().acos() - sloped.detach());
    }

    /// <summary>cos(t + margin) by the addition theorem; the margin is a number.</summary>
    public static Tensor Shift(Tensor cosine, double margin) => cosine * Math.Cos(margin) - Sine(cosine) * Math.Sin(margin);

    /// <summary>cos(t + margin) by the addition theorem; the margin is a tensor of the same shape.</summary>
    public static Tensor Shift(Tensor cosine, Tensor margin) => cosine * margin.cos() - Sine(cosine) * margin.sin();

    /// <summary>The value of <paramref name="changed"/> with the gradient of <paramref name="original"/> (straight-through).</summary>
    public static Tensor StraightThrough(Tensor original, Tensor changed) => original + (changed - original).detach();

    private static double SquareFloor(Tensor cosine) => cosine.dtype == ScalarType.Float64 ? 1e-12 : 1e-6;
}
