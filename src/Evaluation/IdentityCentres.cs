using FaceCluster.Evaluation.Embeddings;

namespace FaceCluster.Evaluation;

/// <summary>How near faces lie to their person: the cosine of each to the mean of the person's unit vectors.</summary>
public static class IdentityCentres
{
    /// <summary>Faces that a person needs at least, so that the mean is not the face itself.</summary>
    public const int MinFaces = 5;

    /// <summary>Rows of the people with enough faces, and their cosines.</summary>
    public static (int[] Rows, double[] Cosines) Cosines(FaceEmbeddings faces, int[] identities)
    {
        ArgumentNullException.ThrowIfNull(faces);
        var rows = new List<int>();
        var cosines = new List<double>();
        foreach (var person in Enumerable.Range(0, faces.Count).GroupBy(row => identities[row]).Where(group => group.Count() >= MinFaces))
        {
            var mean = new double[faces.Dimension];
            foreach (var row in person)
            {
                var unit = faces.Unit(row);
                for (var i = 0; i < mean.Length; i++)
                {
                    mean[i] += unit[i];
                }
            }

            var length = Math.Sqrt(mean.Sum(value => value * value));
            foreach (var row in person)
            {
                var unit = faces.Unit(row);
                double product = 0;
                for (var i = 0; i < mean.Length; i++)
                {
                    product += unit[i] * mean[i];
                }

                rows.Add(row);
                cosines.Add(product / length);
            }
        }

        return ([.. rows], [.. cosines]);
    }
}
