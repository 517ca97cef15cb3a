using static TorchSharp.torch;

namespace FaceCluster.Training.Regularisers;

/// <summary>
/// RegularFace (Zhao et al. 2019): the mean over all classes of the cosine to the nearest other class weight, to be made small.
/// The nearest class is found without a gradient and in chunks of rows, so memory grows with chunk x classes, not classes squared.
/// </summary>
public static class RegularFace
{
    /// <param name="weight">[classes, dimensions], at least two rows; the gradient flows through both rows of a pair.</param>
    /// <param name="chunk">Rows compared at once.</param>
    /// <returns>A scalar in [-1, 1].</returns>
    public static Tensor Loss(Tensor weight, int chunk = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
        var unit = nn.functional.normalize(weight, 2, 1);
        return (unit * unit.index_select(0, Nearest(weight, chunk))).sum(1).mean();
    }

    /// <summary>Row of the nearest other class of every class, [classes] of int64.</summary>
    public static Tensor Nearest(Tensor weight, int chunk = 4096)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var unit = nn.functional.normalize(weight.detach(), 2, 1);
        var count = unit.shape[0];
        var parts = new List<Tensor>();
        for (long start = 0; start < count; start += chunk)
        {
            using var inner = NewDisposeScope();
            var rows = Math.Min(chunk, count - start);
            var cosine = unit.narrow(0, start, rows).matmul(unit.t());
            var own = arange(start, start + rows, ScalarType.Int64).to(cosine.device).unsqueeze(1);
            cosine.scatter_(1, own, full_like(own, -2, cosine.dtype));
            parts.Add(cosine.argmax(1).MoveToOuterDisposeScope());
        }

        return cat(parts, 0).MoveToOuterDisposeScope();
    }
}
