using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Index.Storage;

/// <summary>
/// A fixed number of rows in pinned memory that never moves and is written once. Rows are written by the one writer
/// before the row count that covers them is published, so a reader of a published count sees them complete.
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

    private readonly float[] _vectorArray;
    private readonly byte[] _codeArray;
    private readonly float[] _scaleArray;
    private readonly float[] _errorArray;
    private double[]? _acceptance;

    public IndexChunk(int dimension, int rows)
    {
        Dimension = dimension;
        _vectorArray = GC.AllocateUninitializedArray<float>((rows * dimension) + (Alignment / sizeof(float)), pinned: true);
        _codeArray = GC.AllocateUninitializedArray<byte>((rows * dimension) + Alignment, pinned: true);
        _scaleArray = GC.AllocateArray<float>(rows + (Alignment / sizeof(float)), pinned: true);
        _errorArray = GC.AllocateArray<float>(rows + (Alignment / sizeof(float)), pinned: true);
        HugePages.Advise(Marshal.UnsafeAddrOfPinnedArrayElement(_vectorArray, 0), _vectorArray.LongLength * sizeof(float));
        HugePages.Advise(Marshal.UnsafeAddrOfPinnedArrayElement(_codeArray, 0), _codeArray.LongLength);
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

    /// <summary>Unit vectors, row-major.</summary>
    public float* Vectors { get; }

    /// <summary>Codes plus 128, in tiles.</summary>
    public byte* Codes { get; }

    /// <summary>Value of one code step per row.</summary>
    public float* Scales { get; }

    /// <summary>Upper bound of the Euclidean length of what the codes leave out, per row.</summary>
    public float* Errors { get; }

    public FaceId[] Ids { get; }

    public float[] Magnitudes { get; }

    public int[] Cameras { get; }

    public long[] CaptureTimes { get; }

    public bool[] Deleted { get; }

    /// <summary>Similarity from which a row takes an offer; null until one was set (every offer is welcome).</summary>
    public double[]? Acceptance => Volatile.Read(ref _acceptance);

    public long Bytes => ((long)_vectorArray.Length * sizeof(float)) + _codeArray.Length
        + ((long)(_scaleArray.Length + _errorArray.Length) * sizeof(float))
        + ((long)Ids.Length * (FaceId.Size + sizeof(float) + sizeof(int) + sizeof(long) + sizeof(bool)))
        + ((long)(_acceptance?.Length ?? 0) * sizeof(double));

    public ReadOnlySpan<float> Vector(int offset) => new(Vectors + ((long)offset * Dimension), Dimension);

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
