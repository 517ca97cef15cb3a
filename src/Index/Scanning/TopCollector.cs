namespace FaceCluster.Index.Scanning;

/// <summary>
/// Keeps every row that may be among the best k, knowing only an interval per row. The k-th largest lower bound is a
/// lower bound of the k-th best similarity, so rows whose upper bound is below it are out.
/// </summary>
internal sealed class TopCollector
{
    private readonly int _k;
    private int[] _rows;
    private float[] _uppers;
    private float[] _lowers;
    private float[] _scratch;

    public TopCollector(int k, float floor)
    {
        _k = k;
        var capacity = Math.Max(64, k + Math.Min(k, 1 << 16));
        _rows = new int[capacity];
        _uppers = new float[capacity];
        _lowers = new float[capacity];
        _scratch = new float[capacity];
        Floor = floor;
    }

    public int Count { get; private set; }

    /// <summary>No row with a smaller upper bound can be among the best k.</summary>
    public float Floor { get; private set; }

    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    public ReadOnlySpan<float> Uppers => _uppers.AsSpan(0, Count);

    public ReadOnlySpan<float> Lowers => _lowers.AsSpan(0, Count);

    /// <summary>Takes a row; true when <see cref="Floor"/> has risen.</summary>
    public bool Add(int row, float upper, float lower)
    {
        if (Count == _rows.Length)
        {
            var before = Floor;
            Compact();
            if (Count > _rows.Length - (_rows.Length / 4))
            {
                Grow();
            }

            Append(row, upper, lower);
            return Floor > before;
        }

        Append(row, upper, lower);
        return false;
    }

    /// <summary>Takes over a floor found elsewhere.</summary>
    public void Raise(float floor) => Floor = Math.Max(Floor, floor);

    private void Append(int row, float upper, float lower)
    {
        if (upper < Floor)
        {
            return;
        }

        _rows[Count] = row;
        _uppers[Count] = upper;
        _lowers[Count] = lower;
        Count++;
    }

    private void Compact()
    {
        if (Count >= _k)
        {
            _lowers.AsSpan(0, Count).CopyTo(_scratch);
            Raise(Selection.Largest(_scratch.AsSpan(0, Count), _k));
        }

        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (_uppers[i] >= Floor)
            {
                (_rows[kept], _uppers[kept], _lowers[kept]) = (_rows[i], _uppers[i], _lowers[i]);
                kept++;
            }
        }

        Count = kept;
    }

    private void Grow()
    {
        var capacity = checked(_rows.Length * 2);
        Array.Resize(ref _rows, capacity);
        Array.Resize(ref _uppers, capacity);
        Array.Resize(ref _lowers, capacity);
        _scratch = new float[capacity];
    }
}
