using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Bench.Clustering;

/// <summary>
/// How many faces of named identities keep their name when a threshold changes (bar: 99 %). Clusters of at least five
/// faces under the defaults are named; then the strictness moves, or the forest's tau, and the re-clustering is planned.
/// </summary>
internal static class RetentionScenario
{
    private const int Named = 5;
    private const double Bar = 0.99;

    /// <summary>Steps that the bar is for; larger ones are shown for the trend.</summary>
    private static readonly double[] Usual = [-0.5, -0.25, -0.1, 0, 0.1, 0.25, 0.5];

    public static Task<int> RunAsync(string[] folders)
    {
        if (folders.Length == 0)
        {
            Console.WriteLine("name one or more folders with features.f32 and labels.meta");
            return Task.FromResult(2);
        }

        var failed = 0;
        foreach (var set in folders.Select(BenchSet.Load))
        {
            var knn = new CachedKnn();
            var before = Name(Plan([], set, GroupClustering.Run(set.Faces, knn: knn).Centres, "first"));
            var faces = before.Where(identity => identity.Name is not null).Sum(identity => identity.Faces.Count);
            Console.WriteLine($"{set.Name}: {before.Count(identity => identity.Name is not null):N0} named identities with {faces:N0} faces");
            foreach (var step in (double[])[-2, -1, .. Usual, 1, 2])
            {
                var options = GroupOptions.Default with { Strictness = GroupOptions.Default.Strictness + step };
                var centres = GroupClustering.Run(set.Faces, options, knn: knn).Centres;
                var kept = Kept(before, Plan(before, set, centres, "strictness"));
                var followed = Kept(before, Plan(before, set, centres, "strictness", NameRule.FollowEvidence));
                Console.WriteLine($"  strictness {options.Strictness,5:F2}: {kept:P2} of the faces of named identities keep their name; {followed:P2} if names follow the evidence");
                failed |= Usual.Contains(step) && kept < Bar ? 1 : 0;
            }

            var forest = Name(Plan([], set, BatchForest.Build(set.Faces, new ForestOptions(0.5)).Roots, "first"));
            foreach (var tau in new[] { 0.46, 0.48, 0.49, 0.50, 0.51, 0.52, 0.54 })
            {
                var roots = BatchForest.Build(set.Faces, new ForestOptions(tau)).Roots;
                var kept = Kept(forest, Plan(forest, set, roots, "tau"));
                Console.WriteLine($"  level one, tau {tau:F2}: {kept:P2}; {Kept(forest, Plan(forest, set, roots, "tau", NameRule.FollowEvidence)):P2}");
                failed |= kept < Bar ? 1 : 0;
            }
        }

        return Task.FromResult(failed);
    }

    public static IReadOnlyList<ClusterIdentity> Plan(
        IReadOnlyList<ClusterIdentity> before, BenchSet set, ReadOnlySpan<int> centres, string cause, NameRule names = NameRule.Hold)
    {
        var clusters = new List<(FaceRank Face, FaceId Centre)>(centres.Length);
        for (var row = 0; row < centres.Length; row++)
        {
            clusters.Add((set.Faces.Rank(row), set.Faces.Id(centres[row])));
        }

        return ReclusteringPlan.Create(before, clusters, cause, names).After;
    }

    public static ClusterIdentity[] Name(IReadOnlyList<ClusterIdentity> identities) =>
        [.. identities.Select(identity => identity.Faces.Count >= Named ? identity with { Name = identity.Id.ToString() } : identity)];

    public static double Kept(IReadOnlyList<ClusterIdentity> before, IReadOnlyList<ClusterIdentity> after)
    {
        var names = after.SelectMany(identity => identity.Faces.Select(face => (face, identity.Name))).ToDictionary(p => p.face, p => p.Name);
        var faces = before.Where(identity => identity.Name is not null).SelectMany(identity => identity.Faces.Select(face => (face, identity.Name))).ToArray();
        return (double)faces.Count(p => names[p.face] == p.Name) / faces.Length;
    }
}
