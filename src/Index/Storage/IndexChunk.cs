using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Index.Storage;

/// <summary>
/// A fixed number of rows in pinned memory that never moves and is written once, until a dead row is overwritten. Rows
/// are written by the one writer before the row count that covers them is published, so a reader of a published count
/// sees them complete.
/// </summary>
/// <remarks>
/// Codes are kept in tiles of <see cref="TileRows"/> rows: four consecutive dimensions of sixteen rows lie together
/// (64 bytes), then the next four dimensions. One vector register then holds sixteen (or eight, or four) rows, sums stay
/// apart per row without any horizontal addition, and a tile is one sequential read.
/// </remarks>
internal sealed unsafe class IndexChunk
{
    public const int TileRows = 16;

    /// <summary>Bytes of single-precision vectors in a full chunk.</summary>
    public const int TargetBytes = 8 << 20;

    private const int Alignment = 64;

    private float[]? _vectorArray;
    private byte[]? _codeArray;
    private float[]? _scaleArray;
    private float[]? _errorArray;
    private double[]? _acceptance;
    private int _deadRows;
    private bool _retired;
    private int _collapsed;

    public IndexChunk(int dimension, int rows)
    {
        Dimension = dimension;
        _vectorArray = GC.AllocateUninitializedArray<float>((rows * dimension) + (Alignment / sizeof(float)), pinned: true);
        _codeArray = GC.AllocateUninitializedArray<byte>((rows * dimension) + Alignment, pinned: true);
        _scaleArray = GC.AllocateArray<float>(rows + (Alignment / sizeof(float)), pinned: true);
        _errorArray = GC.AllocateArray<float>(rows + (Alignment / sizeof(float)), pinned: true);
        Vectors = (float*)Align(Marshal.UnsafeAddrOfPinnedArrayElement(_vectorArray, 0));
        Codes = (byte*)Align(Marshal.UnsafeAddrOfPinnedArrayElement(_codeArray, 0));
        Scales = (float*)Align(Marshal.UnsafeAddrOfPinnedArrayElement(_scaleArray, 0));
        Errors = (float*)Align(Marshal.UnsafeAddrOfPinnedArrayElement(_errorArray, 0));
        Ids = new FaceId[rows];
        Magnitudes = new float[rows];
        Cameras = new int[rows];
        CaptureTimes = new long[rows];
        Deleted = new bool[rows];
    }

    public int Dimension { get; }

    /// <summary>Unit vectors, row-major; null once the memory is released, as are the codes and their columns.</summary>
    public float* Vectors { get; private set; }

    /// <summary>Codes plus 128, in tiles.</summary>
    public byte* Codes { get; private set; }

    /// <summary>Value of one code step per row.</summary>
    public float* Scales { get; private set; }

    /// <summary>Upper bound of the Euclidean length of what the codes leave out, per row.</summary>
    public float* Errors { get; private set; }

    public FaceId[] Ids { get; }

    public float[] Magnitudes { get; }

    public int[] Cameras { get; }

    public long[] CaptureTimes { get; }

    public bool[] Deleted { get; }

    /// <summary>Similarity from which a row takes an offer; null until one was set (every offer is welcome).</summary>
    public double[]? Acceptance => Volatile.Read(ref _acceptance);

    /// <summary>Whether every row is dead and scans that begin now leave the chunk out.</summary>
    public bool IsRetired => Volatile.Read(ref _retired);

    public long Bytes => ((long)(_vectorArray?.Length ?? 0) * sizeof(float)) + (_codeArray?.Length ?? 0)
        + ((long)((_scaleArray?.Length ?? 0) + (_errorArray?.Length ?? 0)) * sizeof(float))
        + ((long)Ids.Length * (FaceId.Size + sizeof(float) + sizeof(int) + sizeof(long) + sizeof(bool)))
        + ((long)(_acceptance?.Length ?? 0) * sizeof(double));

    /// <exception cref="InvalidOperationException">All rows of the chunk were erased and its memory is gone.</exception>
    public ReadOnlySpan<float> Vector(int offset) => Vectors != null
        ? new ReadOnlySpan<float>(Vectors + ((long)offset * Dimension), Dimension)
        : throw new InvalidOperationException("The vector was erased.");

    public FaceRank Rank(int offset) => new(Magnitudes[offset], Ids[offset]);

    public FaceRecord Face(int offset) => new(Ids[offset], Magnitudes[offset], Cameras[offset], CaptureTimes[offset]);

    public void Write(int offset, in FaceRecord face, ReadOnlySpan<float> unit)
    {
        unit.CopyTo(new Span<float>(Vectors + ((long)offset * Dimension), Dimension));
        var tile = Codes + ((long)(offset / TileRows) * TileRows * Dimension) + ((offset % TileRows) * 4);
        (Scales[offset], Errors[offset]) = ScalarQuantizer.EncodeRow(unit, tile);
        Ids[offset] = face.Id;
        Magnitudes[offset] = face.Magnitude;
        Cameras[offset] = face.Camera;
        CaptureTimes[offset] = face.CaptureTime;
    }

    public void SetAcceptance(int offset, double similarity)
    {
        if (IsRetired)
        {
            return;
        }

        if (_acceptance is null)
        {
            var column = new double[Ids.Length];
            Array.Fill(column, double.NegativeInfinity);
            column[offset] = similarity;
            Volatile.Write(ref _acceptance, column);
            return;
        }

        Volatile.Write(ref _acceptance[offset], similarity);
    }

    /// <summary>Marks a row dead; true where it was the last living one of a full chunk.</summary>
    public bool Kill(int offset)
    {
        Volatile.Write(ref Deleted[offset], true);
        return ++_deadRows == Deleted.Length;
    }

    /// <summary>
    /// Overwrites the vector and the codes of a dead row. Scans that began after its death may be passing over it and
    /// see part of it overwritten: whatever they compute, they drop the row because it is dead.
    /// </summary>
    public void EraseRow(int offset)
    {
        if (Vectors == null)
        {
            return;
        }

        new Span<float>(Vectors + ((long)offset * Dimension), Dimension).Clear();
        var tile = Codes + ((long)(offset / TileRows) * TileRows * Dimension) + ((offset % TileRows) * 4);
        for (var group = 0; group < Dimension / 4; group++)
        {
            *(int*)(tile + (group * 64)) = 0;
        }

        // No upper bound of a dead row reaches any floor, so scans do not even stop at it.
        Scales[offset] = 0;
        Errors[offset] = float.NegativeInfinity;
    }

    /// <summary>Has scans that begin from now on leave the chunk out. Only when every row is dead.</summary>
    public void Retire() => Volatile.Write(ref _retired, true);

    /// <summary>Gives the memory of a retired chunk back. Only when no scan from before its retirement is running.</summary>
    public void Release()
    {
        Vectors = null;
        Codes = null;
        Scales = null;
        Errors = null;
        (_vectorArray, _codeArray, _scaleArray, _errorArray) = (null, null, null, null);
        Volatile.Write(ref _acceptance, null);
    }

    /// <summary>
    /// Puts a full chunk on large pages, once; see <see cref="HugePages"/>. Called by scans, which gain by it, and not by
    /// the writer: filling small pages is what a machine does fastest.
    /// </summary>
    public void OnScan()
    {
        if (Volatile.Read(ref _collapsed) == 0
            && Interlocked.Exchange(ref _collapsed, 1) == 0
            && _codeArray is { } codes && _vectorArray is { } vectors)
        {
            HugePages.Collapse(Marshal.UnsafeAddrOfPinnedArrayElement(codes, 0), codes.LongLength);
            HugePages.Collapse(Marshal.UnsafeAddrOfPinnedArrayElement(vectors, 0), vectors.LongLength * sizeof(float));
        }
    }

    /// <summary>The largest power of two of rows whose vectors take at most <see cref="TargetBytes"/>, at least one tile.</summary>
    public static int RowsFor(int dimension)
    {
        var rows = TileRows;
        while ((long)rows * 2 * dimension * sizeof(float) <= TargetBytes)
        {
            rows *= 2;
        }

        return rows;
    }

    private static nint Align(nint address) => (address + Alignment - 1) & ~(nint)(Alignment - 1);
}
