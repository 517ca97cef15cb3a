namespace FaceCluster.Clustering;

/// <summary>What one round did to the groups: which was absorbed by which, and how long the templates were before.</summary>
internal sealed class RoundOfJoins
{
    /// <summary>The part of a joined group that keeps its name.</summary>
    public const int Stayed = 0;

    /// <summary>The part that was absorbed.</summary>
    public const int Came = 1;

    private const int None = 0;

    // 0: untouched; positive: one more than the group it is part of now; negative: took in the group -1 - value.
    private readonly int[] _moves;
    private readonly double[] _norms;

    /// <param name="groups">Number of rows.</param>
    public RoundOfJoins(int groups)
    {
        _moves = new int[groups];
        _norms = new double[2 * groups];
    }

    /// <summary>Where a group of the round before is now.</summary>
    public int Now(int group) => _moves[group] > None ? _moves[group] - 1 : group;

    /// <summary>The group that this one took in, or -1.</summary>
    public int Absorbed(int group) => _moves[group] < None ? -1 - _moves[group] : -1;

    /// <summary>Whether the group took part in a join.</summary>
    public bool Took(int group) => _moves[group] != None;

    /// <summary>Notes a join. Different pairs may be noted at the same time.</summary>
    public void Note(int into, int from, double intoNorm, double fromNorm)
    {
        _moves[into] = -1 - from;
        _moves[from] = into + 1;
        _norms[2 * into] = intoNorm;
        _norms[(2 * into) + 1] = fromNorm;
    }

    /// <summary>Notes the length of the template of a group that was not joined.</summary>
    public void NoteAlone(int group, double norm) => _norms[2 * group] = norm;

    /// <summary>Forgets a join.</summary>
    public void Clear(int into, int from)
    {
        _moves[into] = None;
        _moves[from] = None;
    }

    /// <summary>The bit of a pair of parts.</summary>
    public static int Part(int own, int other) => 1 << ((2 * own) + other);

    /// <summary>
    /// The most that those pairs of parts can add to the product for which there was no edge: the product of their lengths.
    /// </summary>
    public long BoundOfMissing(int group, int other, int parts)
    {
        var ends = _moves[other] == None ? 1 : 2;
        var bound = 0.0;
        for (var own = 0; own < 2; own++)
        {
            for (var end = 0; end < ends; end++)
            {
                if ((parts & Part(own, end)) == 0)
                {
                    bound += _norms[(2 * group) + own] * _norms[(2 * other) + end];
                }
            }
        }

        return bound == 0 ? 0 : (long)bound + 2;
    }
}
