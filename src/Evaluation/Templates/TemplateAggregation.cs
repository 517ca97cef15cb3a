namespace FaceCluster.Evaluation.Templates;

/// <summary>How the faces of a template become one vector.</summary>
public enum TemplateForm
{
    /// <summary>Each media vector counts alike: it is normalised before the sum (the IJB protocol's default).</summary>
    Plain,

    /// <summary>Media vectors are summed as they are, so that a face weighs by its magnitude (MagFace+, eval_ijb.py).</summary>
    MagnitudeWeighted,
}

/// <summary>
/// Vectors of templates, in ascending order of their ids: the mean of the raw embeddings within each media, then the mean
/// of a template's media.
/// </summary>
public sealed class TemplateSet
{
    private readonly Dictionary<int, int> _rows;
    private readonly double[] _vectors;

    private TemplateSet(int[] ids, double[] vectors, int dimension)
    {
        Ids = ids;
        Dimension = dimension;
        _vectors = vectors;
        _rows = ids.Select((id, row) => (id, row)).ToDictionary(entry => entry.id, entry => entry.row);
    }

    /// <summary>The templates' ids, ascending.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>Length of a vector.</summary>
    public int Dimension { get; }

    /// <summary>The vector of a template, not normalised.</summary>
    /// <exception cref="KeyNotFoundException">There is no such template.</exception>
    public ReadOnlySpan<double> Vector(int id) => _vectors.AsSpan(_rows[id] * Dimension, Dimension);

    /// <summary>Whether a template exists.</summary>
    public bool Contains(int id) => _rows.ContainsKey(id);

    /// <summary>Likeness of two templates: 1 - arccos(cosine) / pi, 0 to 1.</summary>
    public double Score(int left, int right)
    {
        var a = Vector(left);
        var b = Vector(right);
        double product = 0, squaresA = 0, squaresB = 0;
        for (var i = 0; i < a.Length; i++)
        {
            (product, squaresA, squaresB) = (product + (a[i] * b[i]), squaresA + (a[i] * a[i]), squaresB + (b[i] * b[i]));
        }

        return 1 - (Math.Acos(Math.Clamp(product / Math.Sqrt(squaresA * squaresB), -1, 1)) / Math.PI);
    }

    /// <summary>Aggregates.</summary>
    /// <param name="features">Raw embeddings, row by row.</param>
    /// <param name="dimension">Length of one.</param>
    /// <param name="templates">The template of each row.</param>
    /// <param name="media">The media of each row; ids count within a template.</param>
    /// <param name="form">How media are weighed.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static TemplateSet Aggregate(ReadOnlySpan<float> features, int dimension, ReadOnlySpan<int> templates, ReadOnlySpan<int> media, TemplateForm form)
    {
        if (dimension <= 0 || features.Length != templates.Length * dimension || media.Length != templates.Length)
        {
            throw new ArgumentException($"{features.Length} values, {templates.Length} templates and {media.Length} media of dimension {dimension} do not fit.");
        }

        int[] order = [.. Enumerable.Range(0, templates.Length)];
        var keys = new (int Template, int Media)[order.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (templates[i], media[i]);
        }

        Array.Sort(keys, order);
        var ids = keys.Select(key => key.Template).Distinct().ToArray();
        var vectors = new double[ids.Length * dimension];
        var one = new double[dimension];
        for (int at = 0, row = 0; at < order.Length; row++)
        {
            var template = keys[at].Template;
            var target = vectors.AsSpan(row * dimension, dimension);
            var count = 0;
            while (at < order.Length && keys[at].Template == template)
            {
                at = AddMedia(features, dimension, keys, order, at, one);
                Add(one, target, form == TemplateForm.Plain);
                count++;
            }

            foreach (ref var value in target)
            {
                value /= count;
            }
        }

        return new TemplateSet(ids, vectors, dimension);
    }

    /// <summary>The mean of one media's rows; returns where the next begins.</summary>
    private static int AddMedia(ReadOnlySpan<float> features, int dimension, (int Template, int Media)[] keys, int[] order, int first, double[] mean)
    {
        Array.Clear(mean);
        var at = first;
        for (; at < order.Length && keys[at] == keys[first]; at++)
        {
            var row = features.Slice(order[at] * dimension, dimension);
            for (var i = 0; i < dimension; i++)
            {
                mean[i] += row[i];
            }
        }

        for (var i = 0; i < dimension; i++)
        {
            mean[i] /= at - first;
        }

        return at;
    }

    private static void Add(double[] media, Span<double> target, bool normalise)
    {
        var length = normalise ? Math.Sqrt(media.Sum(value => value * value)) : 1;
        for (var i = 0; i < media.Length; i++)
        {
            target[i] += length > 0 ? media[i] / length : 0;
        }
    }
}
