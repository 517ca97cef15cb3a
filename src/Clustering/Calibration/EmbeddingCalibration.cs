using System.Buffers.Binary;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>
/// What is known about a model's embeddings as a function of their magnitude: where their mean lies, and how close an
/// embedding comes to the direction of its person. Frozen for a collection, so that it never makes a result depend on
/// the order of arrival.
/// </summary>
/// <remarks>
/// Poor faces resemble each other: the mean unit vector of the lowest eighth of lfw-dev-fleet has the length 0.43, of
/// the highest 0.14. Subtracting the mean that belongs to a face's magnitude takes that likeness away; at a false
/// accept rate of 1e-4 it raises the true accept rate on people it was not measured on from 0.12 to 0.23.
/// </remarks>
public sealed class EmbeddingCalibration
{
    private const int KnotCount = 8;

    /// <summary>Expected cosine between a face and its person, by magnitude, of the default model.</summary>
    private static readonly (double Magnitude, double Cosine)[] DefaultCurve =
        [(1.3, .15), (2.05, .25), (2.35, .40), (2.65, .49), (2.95, .57), (3.25, .645), (3.6, .71), (4.0, .80), (4.5, .86)];

    private readonly float[] _knots;
    private readonly float[][] _means;
    private readonly (double Magnitude, double Cosine)[] _curve;

    private EmbeddingCalibration(string name, float[] knots, float[][] means, (double Magnitude, double Cosine)[] curve)
    {
        Name = name;
        _knots = knots;
        _means = means;
        _curve = curve;
    }

    /// <summary>Where it comes from, for reports.</summary>
    public string Name { get; }

    /// <summary>Elements of an embedding.</summary>
    public int Dimension => _means[0].Length;

    /// <summary>The calibration of the default model (512 elements), measured on lfw-dev-fleet without labels.</summary>
    public static EmbeddingCalibration DefaultModel { get; } = ReadResource();

    /// <summary>
    /// The calibration for a set of faces: the default model's where the dimension and the magnitudes fit it, else one
    /// learned from the set itself.
    /// </summary>
    public static EmbeddingCalibration For(FaceSet faces)
    {
        ArgumentNullException.ThrowIfNull(faces);
        if (faces.Count == 0)
        {
            return DefaultModel.Dimension == faces.Dimension ? DefaultModel : Neutral(faces.Dimension);
        }

        var magnitudes = Sorted(faces);
        return faces.Dimension == DefaultModel.Dimension && magnitudes[magnitudes.Length / 2] is > 1.5f and < 5.5f
            ? DefaultModel
            : Learn(faces);
    }

    /// <summary>
    /// Learns means and knots from a set of faces of one model, without labels. The curve of the default model is carried
    /// over by quantile, because magnitudes of different models are not comparable (MagFace issue 27).
    /// </summary>
    public static EmbeddingCalibration Learn(FaceSet faces)
    {
        ArgumentNullException.ThrowIfNull(faces);
        if (faces.Count < 4 * KnotCount)
        {
            return Neutral(faces.Dimension);
        }

        var order = BatchForest.ByRank(faces);
        Array.Reverse(order);
        var knots = new float[KnotCount];
        var means = new float[KnotCount][];
        for (var k = 0; k < KnotCount; k++)
        {
            var from = (int)((long)faces.Count * k / KnotCount);
            var to = (int)((long)faces.Count * (k + 1) / KnotCount);
            var sum = new double[faces.Dimension];
            var magnitude = 0.0;
            for (var i = from; i < to; i++)
            {
                magnitude += faces.Magnitudes[order[i]];
                var unit = faces.Unit(order[i]);
                for (var d = 0; d < sum.Length; d++)
                {
                    sum[d] += unit[d];
                }
            }

            knots[k] = (float)(magnitude / (to - from));
            means[k] = [.. sum.Select(s => (float)(s / (to - from)))];
        }

        var curve = new (double, double)[KnotCount];
        for (var k = 0; k < KnotCount; k++)
        {
            curve[k] = (knots[k], DefaultModel.ExpectedCosine(DefaultModel._knots[k]));
        }

        return new EmbeddingCalibration("learned from the faces", knots, means, curve);
    }

    /// <summary>No centring and one middle quality for all: what is left where nothing is known.</summary>
    public static EmbeddingCalibration Neutral(int dimension) =>
        new("neutral", [1, 2], [new float[dimension], new float[dimension]], [(1, 0.65), (2, 0.65)]);

    /// <summary>The same without centring; for ablations.</summary>
    public EmbeddingCalibration WithoutCentring() =>
        new($"{Name}, not centred", _knots, [.. _means.Select(mean => new float[mean.Length])], _curve);

    /// <summary>The same with one quality for all faces; for ablations.</summary>
    public EmbeddingCalibration WithConstantQuality(double cosine) =>
        new(Name, _knots, _means, [(1, cosine), (2, cosine)]);

    /// <summary>Expected cosine between a face of this magnitude and the direction of its person, in (0, 1).</summary>
    public double ExpectedCosine(float magnitude)
    {
        var k = 0;
        while (k < _curve.Length - 2 && magnitude > _curve[k + 1].Magnitude)
        {
            k++;
        }

        var (left, right) = (_curve[k], _curve[k + 1]);
        var share = right.Magnitude == left.Magnitude ? 0 : Math.Clamp((magnitude - left.Magnitude) / (right.Magnitude - left.Magnitude), 0, 1);
        return left.Cosine + (share * (right.Cosine - left.Cosine));
    }

    /// <summary>
    /// Subtracts the mean that belongs to the magnitude (interpolated between the knots) and normalises again.
    /// </summary>
    /// <param name="unit">Unit vector.</param>
    /// <param name="magnitude">Its magnitude.</param>
    /// <param name="centred">Receives the centred unit vector; may be the same memory.</param>
    public void Centre(ReadOnlySpan<float> unit, float magnitude, Span<float> centred)
    {
        var k = 0;
        while (k < _knots.Length - 2 && magnitude > _knots[k + 1])
        {
            k++;
        }

        var width = _knots[k + 1] - _knots[k];
        var share = width <= 0 ? 0 : Math.Clamp((magnitude - _knots[k]) / width, 0, 1);
        var (left, right) = (_means[k], _means[k + 1]);
        for (var d = 0; d < unit.Length; d++)
        {
            centred[d] = unit[d] - (left[d] + (share * (right[d] - left[d])));
        }

        // A face that is exactly the mean has no direction of its own; it stays a zero vector and joins nothing.
        Similarity.Normalize(centred, centred);
    }

    private static float[] Sorted(FaceSet faces)
    {
        var magnitudes = faces.Magnitudes.ToArray();
        Array.Sort(magnitudes);
        return magnitudes;
    }

    private static EmbeddingCalibration ReadResource()
    {
        using var stream = typeof(EmbeddingCalibration).Assembly.GetManifestResourceStream("FaceCluster.Clustering.default-model.bin")
            ?? throw new InvalidOperationException("The calibration of the default model is missing from the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(4));
        var dimension = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        var at = 12;
        var knots = ReadFloats(bytes, ref at, count);
        var means = new float[count][];
        for (var k = 0; k < count; k++)
        {
            means[k] = ReadFloats(bytes, ref at, dimension);
        }

        return new EmbeddingCalibration("default model", knots, means, DefaultCurve);
    }

    private static float[] ReadFloats(byte[] bytes, ref int at, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++, at += sizeof(float))
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at));
        }

        return values;
    }
}
