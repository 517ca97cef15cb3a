using System.Buffers;

namespace FaceCluster.TrainingData.Loading;

/// <summary>One batch, in memory rented from the shared pool: whoever takes it from the loader disposes it, once.</summary>
public sealed class FaceBatch : IDisposable
{
    private float[]? _rented;

    internal FaceBatch(int count, int side, LoaderPosition position, LoaderPosition next)
    {
        FaceLength = 3 * side * side;
        _rented = ArrayPool<float>.Shared.Rent(count * FaceLength);
        (Count, Side) = (count, side);
        Labels = new long[count];
        Indices = new int[count];
        Position = position;
        Next = next;
    }

    /// <summary>Number of faces.</summary>
    public int Count { get; }

    /// <summary>Width and height of a face.</summary>
    public int Side { get; }

    /// <summary>Values of one face: three planes of <see cref="Side"/> x <see cref="Side"/>.</summary>
    public int FaceLength { get; }

    /// <summary>Count x 3 x Side x Side values, (byte - mean) * scale, the planes in the order the options say.</summary>
    public Memory<float> Pixels => Array.AsMemory(0, Count * FaceLength);

    /// <summary>The rented array behind <see cref="Pixels"/>, which begins it; it may be longer.</summary>
    public float[] Array => _rented ?? throw new ObjectDisposedException(nameof(FaceBatch));

    /// <summary>The class of each face.</summary>
    public long[] Labels { get; }

    /// <summary>The index of each face in the data set.</summary>
    public int[] Indices { get; }

    /// <summary>The batch's own place.</summary>
    public LoaderPosition Position { get; }

    /// <summary>Where training goes on after this batch: what a checkpoint stores.</summary>
    public LoaderPosition Next { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
