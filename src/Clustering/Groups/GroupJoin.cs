namespace FaceCluster.Clustering;

/// <summary>One join of level two, for explanations.</summary>
/// <param name="Round">Rounds count from 1; 0 stands for a must-link.</param>
/// <param name="Into">Row of the centre that the joined group keeps (the one of higher rank).</param>
/// <param name="From">Row of the centre that was absorbed.</param>
/// <param name="Score">Log-odds that both were one person; positive infinity for a must-link.</param>
/// <param name="Cosine">Cosine of the two templates.</param>
/// <param name="Support">Summed probability of the edges between them.</param>
/// <param name="IntoSize">Faces of the group that stays, before.</param>
/// <param name="FromSize">Faces of the absorbed group.</param>
public readonly record struct GroupJoin(
    int Round, int Into, int From, double Score, double Cosine, double Support, int IntoSize, int FromSize);
