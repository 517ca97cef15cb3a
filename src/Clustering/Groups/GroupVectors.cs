namespace FaceCluster.Clustering;

/// <summary>
/// The templates of groups in exact integers: a face is its centred unit vector times its expected cosine, rounded to
/// multiples of 2^-14; a template is the sum of its faces.
/// </summary>
/// <remarks>
/// Rounding happens once per face. After it every sum and product is exact, so a template is a function of the set of its
/// faces, whatever the order of joins, and the product of two joined groups is the sum of the products of their parts.
/// A sum fits 32 bits, and a product 63, up to <see cref="MaximumSize"/> faces.
/// </remarks>
internal sealed class GroupVectors
{
    /// <summary>Most faces of a group.</summary>
    public const int MaximumSize = (1 << 17) - 1;

    /// <summary>Length of a coded vector of weight 1.</summary>
    public const int Unit = 1 << 14;

    /// <summary>Groups of at most so many faces have no sum of their own; their products are added up over their faces.</summary>
    private const int SmallGroup = 4;

    // Shared by all tables: held only while a sum is added up.
    private static readonly Lock[] Locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private readonly short[] _codes;
    private readonly int[]? _places;
    private readonly int _dimension;
    private readonly TemplateStore _templates;
    private readonly int[] _sums;
    private readonly int[] _next;
    private readonly int[] _last;
    private readonly int[] _sizes;

    /// <param name="codes">Coded rows (<see cref="Encode"/>), row-major.</param>
    /// <param name="dimension">Elements per row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="places">Where each row lies in <paramref name="codes"/>, or null where row i is the i-th.</param>
    public GroupVectors(short[] codes, int dimension, int count, int[]? places = null)
    {
        _codes = codes;
        _dimension = dimension;
        _places = places;
        _templates = new TemplateStore(dimension, count);
        _sums = new int[count];
        _next = new int[count];
        _last = new int[count];
        _sizes = new int[count];
        for (var i = 0; i < count; i++)
        {
            _sums[i] = -1;
            _next[i] = -1;
            _last[i] = i;
            _sizes[i] = 1;
        }
    }

    /// <summary>Codes one centred unit vector with its weight in (0, 1).</summary>
    public static void Encode(ReadOnlySpan<float> centred, double weight, Span<short> code) =>
        IntegerKernel.Round(centred, (float)(weight * Unit), code);

    /// <summary>The coded vector of a row.</summary>
    public ReadOnlySpan<short> Row(int row) => _codes.AsSpan((_places is null ? row : _places[row]) * _dimension, _dimension);

    /// <summary>The next face of the same group, or -1; starts at the group itself.</summary>
    public int Next(int row) => _next[row];

    /// <summary>Product of the templates of two groups, from any thread while none is merged, in units of <see cref="Unit"/> squared.</summary>
    public long Dot(int left, int right)
    {
        var (a, b) = (SumOf(left), SumOf(right));
        if (a >= 0 && b >= 0)
        {
            return IntegerKernel.Dot(_templates[a], _templates[b]);
        }

        var total = 0L;
        if (a >= 0)
        {
            var sum = _templates[a];
            for (var row = right; row >= 0; row = _next[row])
            {
                total += IntegerKernel.Dot(sum, Row(row));
            }

            return total;
        }

        for (var row = left; row >= 0; row = _next[row])
        {
            total += DotRow(row, right);
        }

        return total;
    }

    /// <summary>Product of one face and the template of a group.</summary>
    public long DotRow(int row, int group)
    {
        var code = Row(row);
        if (SumOf(group) is var sum and >= 0)
        {
            return IntegerKernel.Dot(_templates[sum], code);
        }

        var total = 0L;
        for (var member = group; member >= 0; member = _next[member])
        {
            total += IntegerKernel.Dot(code, Row(member));
        }

        return total;
    }

    /// <summary>Adds a group to another one. Different pairs may be merged at the same time.</summary>
    public void Merge(int into, int from)
    {
        // A sum that exists is kept up to date; one that nobody has asked for yet is left to the first who does.
        if (_sums[into] >= 0 && _sums[from] >= 0)
        {
            IntegerKernel.Add(_templates[_sums[into]], _templates[_sums[from]]);
            _templates.Return(_sums[from]);
        }
        else if (_sums[into] >= 0)
        {
            AddRows(_templates[_sums[into]], from);
        }
        else if (_sums[from] >= 0)
        {
            _sums[into] = _sums[from];
            AddRows(_templates[_sums[into]], into);
        }

        _sums[from] = -1;
        _sizes[into] += _sizes[from];
        _next[_last[into]] = from;
        _last[into] = _last[from];
    }

    /// <summary>The sum of a group, or -1 where it is small enough to do without.</summary>
    private int SumOf(int group)
    {
        var known = Volatile.Read(ref _sums[group]);
        if (known >= 0 || _sizes[group] <= SmallGroup)
        {
            return known;
        }

        // Two threads may need the same sum; it is shown when it is complete.
        lock (Locks[group % Locks.Length])
        {
            if (_sums[group] < 0)
            {
                var sum = _templates.Rent();
                _templates[sum].Clear();
                AddRows(_templates[sum], group);
                Volatile.Write(ref _sums[group], sum);
            }

            return _sums[group];
        }
    }

    private void AddRows(Span<int> sum, int group)
    {
        for (var row = group; row >= 0; row = _next[row])
        {
            IntegerKernel.Add(sum, Row(row));
        }
    }
}
