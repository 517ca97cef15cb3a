using System.Runtime.InteropServices;
using System.Text;

namespace FaceCluster.Index.Faiss;

/// <summary>
/// A native approximate index over numbered unit vectors. Searches may run side by side; a call that changes the index
/// waits for them and keeps others out.
/// </summary>
public sealed unsafe class FaissIndex : IDisposable
{
    private const int ErrorSize = 1024;

    private readonly FaissHandle _handle;
    private readonly ReaderWriterLockSlim _lock = new();

    private FaissIndex(FaissHandle handle, FaissIndexOptions options)
    {
        _handle = handle;
        Options = options;
    }

    /// <summary>How it was configured.</summary>
    public FaissIndexOptions Options { get; }

    /// <summary>Length of the vectors.</summary>
    public int Dimension => Info().Dimension;

    /// <summary>Vectors held.</summary>
    public long Count => Info().Count;

    /// <summary>Whether vectors can be added.</summary>
    public bool IsTrained => Info().Trained;

    /// <summary>Whether <see cref="Remove"/> and <see cref="Range"/> work.</summary>
    public bool SupportsRemovalAndRange => Options.Kind != FaissIndexKind.Hnsw;

    /// <summary>An empty, untrained index.</summary>
    /// <param name="dimension">Length of the vectors.</param>
    /// <param name="expectedRows">About how many vectors it will hold; sizes the inverted lists.</param>
    /// <param name="options">Structure and breadth.</param>
    /// <exception cref="FaissException">The library is missing or refuses the options.</exception>
    public static FaissIndex Create(int dimension, int expectedRows, FaissIndexOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        FaissLibrary.ThrowIfUnavailable();
        var error = stackalloc byte[ErrorSize];
        Check(FaissNative.Create(dimension, options.Factory(expectedRows), out var handle, error, ErrorSize), error);
        var index = new FaissIndex(handle, options);
        index.Configure();
        return index;
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="FaissException">The library is missing, or the file is not an index.</exception>
    public static FaissIndex Load(string path, FaissIndexOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        FaissLibrary.ThrowIfUnavailable();
        var error = stackalloc byte[ErrorSize];
        Check(FaissNative.Load(path, out var handle, error, ErrorSize), error);
        var index = new FaissIndex(handle, options);
        index.Configure();
        return index;
    }

    /// <summary>Learns the inverted lists from a sample, row-major; some 40 rows per list and more. A graph needs none.</summary>
    public void Train(ReadOnlySpan<float> rows)
    {
        var error = stackalloc byte[ErrorSize];
        var count = RowsOf(rows);
        using var exclusive = new Exclusive(_lock);
        fixed (float* vectors = rows)
        {
            Check(FaissNative.Train(_handle, count, vectors, error, ErrorSize), error);
        }
    }

    /// <summary>Adds vectors, row-major, under the given numbers.</summary>
    public void Add(ReadOnlySpan<float> rows, ReadOnlySpan<long> numbers)
    {
        if (RowsOf(rows) != numbers.Length)
        {
            throw new ArgumentException($"There are {RowsOf(rows)} vectors and {numbers.Length} numbers.", nameof(numbers));
        }

        var error = stackalloc byte[ErrorSize];
        using var exclusive = new Exclusive(_lock);
        fixed (float* vectors = rows)
        fixed (long* ids = numbers)
        {
            Check(FaissNative.Add(_handle, numbers.Length, vectors, ids, error, ErrorSize), error);
        }
    }

    /// <summary>The numbers of about the k nearest vectors per query, best first; fewer where the search found fewer.</summary>
    public long[][] Search(ReadOnlySpan<float> queries, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var count = RowsOf(queries);
        var numbers = new long[checked(count * k)];
        var similarities = new float[numbers.Length];
        var error = stackalloc byte[ErrorSize];
        using (new Shared(_lock))
        {
            fixed (float* vectors = queries)
            fixed (float* values = similarities)
            fixed (long* ids = numbers)
            {
                Check(FaissNative.Search(_handle, count, vectors, k, values, ids, error, ErrorSize), error);
            }
        }

        return [.. numbers.Chunk(k).Select(row => row.Where(number => number >= 0).ToArray())];
    }

    /// <summary>The numbers of about all vectors with a similarity above a threshold, in no order.</summary>
    /// <exception cref="FaissException">The structure cannot search by range.</exception>
    public long[] Range(ReadOnlySpan<float> query, float threshold)
    {
        _ = RowsOf(query);
        var numbers = new long[256];
        var error = stackalloc byte[ErrorSize];
        using var shared = new Shared(_lock);
        while (true)
        {
            long found;
            fixed (float* vector = query)
            fixed (long* ids = numbers)
            {
                Check(FaissNative.Range(_handle, vector, threshold, numbers.Length, ids, out found, error, ErrorSize), error);
            }

            if (found <= numbers.Length)
            {
                return numbers[..(int)found];
            }

            numbers = new long[found];
        }
    }

    /// <summary>Removes vectors; returns how many were there.</summary>
    /// <exception cref="FaissException">The structure cannot remove.</exception>
    public long Remove(ReadOnlySpan<long> numbers)
    {
        var error = stackalloc byte[ErrorSize];
        using var exclusive = new Exclusive(_lock);
        fixed (long* ids = numbers)
        {
            Check(FaissNative.Remove(_handle, numbers.Length, ids, out var removed, error, ErrorSize), error);
            return removed;
        }
    }

    /// <summary>Writes the index to a file, which it replaces only once complete.</summary>
    public void Save(string path)
    {
        var temporary = path + ".tmp";
        var error = stackalloc byte[ErrorSize];
        using (new Shared(_lock))
        {
            Check(FaissNative.Save(_handle, temporary, error, ErrorSize), error);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        _lock.Dispose();
    }

    private static void Check(int code, byte* error)
    {
        if (code != 0)
        {
            var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error);
            throw new FaissException($"Faiss: {Encoding.UTF8.GetString(text)}");
        }
    }

    private void Configure()
    {
        if (Options.Kind == FaissIndexKind.Hnsw)
        {
            SetParameter("efConstruction", Options.BuildBreadth);
            SetParameter("efSearch", Options.SearchBreadth);
        }
        else
        {
            SetParameter("nprobe", Options.Probes);
        }
    }

    private void SetParameter(string name, double value)
    {
        var error = stackalloc byte[ErrorSize];
        Check(FaissNative.Set(_handle, name, value, error, ErrorSize), error);
    }

    private int RowsOf(ReadOnlySpan<float> vectors)
    {
        var (rows, rest) = Math.DivRem(vectors.Length, Dimension);
        return rest == 0
            ? rows
            : throw new ArgumentException($"{vectors.Length} floats are not a whole number of vectors of {Dimension}.", nameof(vectors));
    }

    private (int Dimension, long Count, bool Trained) Info()
    {
        using var shared = new Shared(_lock);
        _ = FaissNative.Info(_handle, out var dimension, out var count, out var trained);
        return (dimension, count, trained != 0);
    }

    private readonly ref struct Shared
    {
        private readonly ReaderWriterLockSlim _lock;

        public Shared(ReaderWriterLockSlim target)
        {
            _lock = target;
            target.EnterReadLock();
        }

        public void Dispose() => _lock.ExitReadLock();
    }

    private readonly ref struct Exclusive
    {
        private readonly ReaderWriterLockSlim _lock;

        public Exclusive(ReaderWriterLockSlim target)
        {
            _lock = target;
            target.EnterWriteLock();
        }

        public void Dispose() => _lock.ExitWriteLock();
    }
}
