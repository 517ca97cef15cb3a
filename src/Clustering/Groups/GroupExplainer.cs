namespace FaceCluster.Clustering;

/// <summary>Explains the places of faces from the joins of a run.</summary>
public static class GroupExplainer
{
    /// <summary>Follows a row through every join of its group.</summary>
    public static GroupExplanation Explain(GroupResult result, int row)
    {
        ArgumentNullException.ThrowIfNull(result);
        var faces = result.Faces;
        var group = row;
        var path = new List<ExplainedJoin>();
        foreach (var join in result.Joins)
        {
            if (join.Into != group && join.From != group)
            {
                continue;
            }

            var stays = join.Into == group;
            path.Add(new ExplainedJoin(
                faces.Id(group),
                stays ? join.IntoSize : join.FromSize,
                faces.Id(stays ? join.From : join.Into),
                stays ? join.FromSize : join.IntoSize,
                join.Score,
                result.Options.Strictness,
                join.Cosine,
                join.Support,
                faces.Magnitudes[group],
                faces.Magnitudes[stays ? join.From : join.Into]));
            group = join.Into;
        }

        var weakest = path.MinBy(join => join.Score);
        return new GroupExplanation(
            faces.Rank(row), result.Cluster(row), result.Marks[row], path, weakest,
            weakest is { } w && double.IsFinite(w.Score) ? w.Score : null, Changes(result, row, weakest));
    }

    private static List<PossibleChange> Changes(GroupResult result, int row, ExplainedJoin? weakest)
    {
        var changes = new List<PossibleChange>();
        if (weakest is { } join && double.IsFinite(join.Score))
        {
            changes.Add(new PossibleChange(PossibleChangeKind.HigherStrictness, join.With, join.Score));
            changes.Add(new PossibleChange(PossibleChangeKind.CannotLink, join.With, join.Score));
        }

        var standing = result.Standings[row];
        if (standing.OtherCentre >= 0)
        {
            var other = result.Faces.Id(standing.OtherCentre);
            if (standing.Other <= result.Options.Strictness)
            {
                changes.Add(new PossibleChange(PossibleChangeKind.LowerStrictness, other, standing.Other));
            }
            else if (Between(result, row, standing.OtherCentre) is { } constraint)
            {
                changes.Add(new PossibleChange(PossibleChangeKind.WithoutConstraint, other, standing.Other, constraint));
            }

            changes.Add(new PossibleChange(PossibleChangeKind.MustLink, other, standing.Other));
        }

        return changes;
    }

    /// <summary>The first cannot-link, by ids, between the clusters of two rows.</summary>
    private static FacePair? Between(GroupResult result, int row, int other)
    {
        if (result.Constraints.CannotLinks.Count == 0)
        {
            return null;
        }

        var (left, right) = (result.Centres[row], result.Centres[other]);
        var members = new Dictionary<Core.FaceId, int>();
        for (var face = 0; face < result.Faces.Count; face++)
        {
            if (result.Centres[face] == left || result.Centres[face] == right)
            {
                members.Add(result.Faces.Id(face), result.Centres[face]);
            }
        }

        return result.Constraints.CannotLinks
            .Where(pair => members.TryGetValue(pair.Left, out var a) && members.TryGetValue(pair.Right, out var b) && a != b)
            .OrderBy(pair => pair.Left).ThenBy(pair => pair.Right)
            .Select(pair => (FacePair?)pair)
            .FirstOrDefault();
    }
}
