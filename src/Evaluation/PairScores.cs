using FaceCluster.Evaluation.Embeddings;
using FaceCluster.TrainingData.Verification;

namespace FaceCluster.Evaluation;

/// <summary>Cosines of pairs, those of one person with the lower magnitude of the two.</summary>
/// <param name="Genuine">Pairs of one person.</param>
/// <param name="GenuineQuality">The lower magnitude of each of them.</param>
/// <param name="Impostor">Pairs of two people.</param>
public sealed record PairScores(float[] Genuine, float[] GenuineQuality, float[] Impostor)
{
    /// <summary>Pairs of two people that are kept at most; of more, every n-th is taken.</summary>
    public const int MaxImpostors = 50_000_000;

    /// <summary>Compares all faces with one another.</summary>
    /// <param name="faces">The faces.</param>
    /// <param name="identities">The person of each.</param>
    public static PairScores All(FaceEmbeddings faces, int[] identities)
    {
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentNullException.ThrowIfNull(identities);
        var genuineCounts = identities.GroupBy(person => person).ToDictionary(group => group.Key, group => (long)group.Count());
        var total = ((long)faces.Count * (faces.Count - 1) / 2) - genuineCounts.Values.Sum(count => count * (count - 1) / 2);
        var stride = Math.Max(1, (total + MaxImpostors - 1) / MaxImpostors);
        var rows = new (List<float> Genuine, List<float> Quality, List<float> Impostor)[faces.Count];
        Parallel.For(0, faces.Count, left =>
        {
            var (genuine, quality, impostor) = (new List<float>(), new List<float>(), new List<float>());
            for (var right = left + 1; right < faces.Count; right++)
            {
                if (identities[left] == identities[right])
                {
                    genuine.Add(faces.Cosine(left, right));
                    quality.Add(Math.Min(faces.Magnitudes[left], faces.Magnitudes[right]));
                }
                else if (stride == 1 || (((long)left * faces.Count) + right) % stride == 0)
                {
                    impostor.Add(faces.Cosine(left, right));
                }
            }

            rows[left] = (genuine, quality, impostor);
        });
        return new PairScores(
            [.. rows.SelectMany(row => row.Genuine)], [.. rows.SelectMany(row => row.Quality)], [.. rows.SelectMany(row => row.Impostor)]);
    }

    /// <summary>Compares listed pairs.</summary>
    public static PairScores Listed(FaceEmbeddings faces, IEnumerable<VerificationPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(faces);
        ArgumentNullException.ThrowIfNull(pairs);
        var (genuine, quality, impostor) = (new List<float>(), new List<float>(), new List<float>());
        foreach (var pair in pairs)
        {
            var cosine = faces.Cosine(pair.Left, pair.Right);
            if (pair.Same)
            {
                genuine.Add(cosine);
                quality.Add(Math.Min(faces.Magnitudes[pair.Left], faces.Magnitudes[pair.Right]));
            }
            else
            {
                impostor.Add(cosine);
            }
        }

        return new PairScores([.. genuine], [.. quality], [.. impostor]);
    }
}
