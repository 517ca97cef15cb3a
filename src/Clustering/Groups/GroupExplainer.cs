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
                join.Support));
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
            else if (standing.Marks.HasFlag(FaceMarks.Conflict))
            {
                changes.Add(new PossibleChange(PossibleChangeKind.WithoutConstraint, other, standing.Other));
            }

            changes.Add(new PossibleChange(PossibleChangeKind.MustLink, other, standing.Other));
        }

        return changes;
    }
}
