using FaceCluster.Evaluation.Metrics;
using FaceCluster.TrainingData;

namespace FaceCluster.Evaluation.Templates;

/// <summary>1:1 verification between templates, as the IJB-B and IJB-C protocols have it.</summary>
public static class TemplateProtocol
{
    private static readonly (string Name, double Rate)[] Targets =
        [("1e-6", 1e-6), ("1e-5", 1e-5), ("1e-4", 1e-4), ("1e-3", 1e-3), ("1e-2", 1e-2), ("1e-1", 1e-1)];

    /// <summary>Compares all pairs.</summary>
    /// <param name="templates">The templates.</param>
    /// <param name="pairs">The pairs; read once.</param>
    /// <param name="form">How the templates were made.</param>
    /// <exception cref="TrainingDataException">A pair names a template without faces, or all pairs are of one kind.</exception>
    public static TemplateResult Verify(TemplateSet templates, IEnumerable<(int Left, int Right, bool Same)> pairs, TemplateForm form)
    {
        ArgumentNullException.ThrowIfNull(templates);
        ArgumentNullException.ThrowIfNull(pairs);
        var genuine = new List<float>();
        var impostor = new List<float>();
        foreach (var (left, right, same) in pairs)
        {
            if (!templates.Contains(left) || !templates.Contains(right))
            {
                throw new TrainingDataException($"The pair {left}, {right} names a template without a face.");
            }

            (same ? genuine : impostor).Add((float)templates.Score(left, right));
        }

        if (genuine.Count == 0 || impostor.Count == 0)
        {
            throw new TrainingDataException($"The list has {genuine.Count} pairs of one person and {impostor.Count} of two; both are needed.");
        }

        var roc = new RocCurve([.. genuine], [.. impostor]);
        return new TemplateResult(
            IdentificationProtocol.Name(form),
            genuine.Count + impostor.Count,
            Targets.ToDictionary(target => target.Name, target => roc.Nearest(target.Rate).TrueAcceptRate));
    }
}
