namespace FaceCluster.Clustering;

/// <summary>
/// Templates of equal length in blocks. As arrays of their own the many templates of a large run would be moved by the
/// collector while they live; large blocks stay where they are and are filled once.
/// </summary>
/// <remarks>Renting and returning are safe from many threads; a template belongs to the one that rented it.</remarks>
internal sealed class TemplateStore
{
    // For a few thousand rows, below the size at which arrays are collected with the oldest generation only.
    private const int SmallBlock = 4;
    private const int LargeBlock = 8;
    private const int LargeTable = 1 << 14;

    private readonly int _dimension;
    private readonly int _bits;
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();

    // Replaced as a whole when it grows, so that readers need no lock; a block is in it before its first template is out.
    private int[][] _blocks = [];
    private int _used;

    /// <param name="dimension">Elements of a template.</param>
    /// <param name="rows">Rows of the table that it is for.</param>
    public TemplateStore(int dimension, int rows)
    {
        _dimension = dimension;
        _bits = rows > LargeTable ? LargeBlock : SmallBlock;
    }

    /// <summary>The elements of a template.</summary>
    public Span<int> this[int template] =>
        _blocks[template >> _bits].AsSpan((template & ((1 << _bits) - 1)) * _dimension, _dimension);

    /// <summary>A template of unknown content.</summary>
    public int Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var template))
            {
                return template;
            }

            var block = _used >> _bits;
            if (block == _blocks.Length)
            {
                var blocks = new int[Math.Max(4, 2 * block)][];
                _blocks.CopyTo(blocks, 0);
                blocks[block] = NewBlock();
                _blocks = blocks;
            }
            else
            {
                _blocks[block] ??= NewBlock();
            }

            return _used++;
        }
    }

    /// <summary>Gives a template back.</summary>
    public void Return(int template)
    {
        lock (_lock)
        {
            _free.Push(template);
        }
    }

    private int[] NewBlock() => GC.AllocateUninitializedArray<int>(_dimension << _bits);
}
