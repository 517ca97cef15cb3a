using FaceCluster.Vision.Models;
using Microsoft.ML.OnnxRuntime;

namespace FaceCluster.Vision.Inference;

/// <summary>
/// Checks a model once while it is loaded, on synthetic pictures: what the untouched file gives for single pictures
/// must be finite and repeatable, and the form that is run must give the same, in a batch and alone.
/// </summary>
internal sealed class ModelSelfTest
{
    /// <summary>Largest difference that is accepted, relative to the largest value of an output.</summary>
    public const double Tolerance = 1e-3;

    private const int Batch = 3;

    private readonly float[] _pictures;
    private readonly float[][][] _expected;

    private ModelSelfTest(float[] pictures, float[][][] expected)
    {
        _pictures = pictures;
        _expected = expected;
    }

    /// <summary>Runs the untouched model, picture by picture.</summary>
    /// <exception cref="ModelException">Its outputs are not finite, not repeatable, or it cannot run at all.</exception>
    public static ModelSelfTest Record(OnnxModel untouched)
    {
        var pictures = SyntheticPictures(untouched, Batch);
        try
        {
            var expected = Enumerable.Range(0, Batch).Select(i => untouched.Probe(Picture(pictures, untouched, i), 1)).ToArray();
            if (!expected.All(outputs => outputs.All(output => output.All(float.IsFinite))))
            {
                throw new ModelException($"The model {untouched.Name} gives values that are not finite for a synthetic picture.");
            }

            if (Worst(expected[0], untouched.Probe(Picture(pictures, untouched, 0), 1)) > Tolerance)
            {
                throw new ModelException($"The model {untouched.Name} gives different outputs for the same picture; it is not exported for inference.");
            }

            return new ModelSelfTest(pictures, expected);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelException($"The model {untouched.Name} cannot run a picture: {SessionFactory.FirstSentence(error.Message)}", error);
        }
    }

    /// <summary>Runs all pictures in one batch and the first alone, and records the model's output lengths.</summary>
    /// <returns>Null, or a sentence that says what is wrong.</returns>
    public string? CheckBatches(OnnxModel model)
    {
        float[][] together;
        try
        {
            together = model.Probe(_pictures, Batch);
        }
        catch (OnnxRuntimeException error)
        {
            return $"a run of {Batch} pictures fails ({SessionFactory.FirstSentence(error.Message).TrimEnd('.')}).";
        }

        var lengths = _expected[0].Select(output => output.Length).ToArray();
        for (var i = 0; i < lengths.Length; i++)
        {
            if (together[i].Length != Batch * lengths[i])
            {
                return $"output \"{model.OutputNames[i]}\" has {together[i].Length} values for {Batch} pictures and {lengths[i]} for one.";
            }
        }

        var worst = Enumerable.Range(0, Batch).Max(picture => Worst(
            _expected[picture], [.. together.Select((output, i) => output.AsSpan(picture * lengths[i], lengths[i]).ToArray())]));
        return Accept(model, lengths, Math.Max(worst, Worst(_expected[0], model.Probe(Picture(_pictures, model, 0), 1))));
    }

    /// <summary>Runs the first picture alone, and records the model's output lengths.</summary>
    /// <returns>Null, or a sentence that says what is wrong.</returns>
    public string? CheckSingle(OnnxModel model)
    {
        var outputs = model.Probe(Picture(_pictures, model, 0), 1);
        return Accept(model, [.. outputs.Select(output => output.Length)], Worst(_expected[0], outputs));
    }

    private static string? Accept(OnnxModel model, int[] lengths, double worst)
    {
        if (!(worst <= Tolerance))
        {
            return $"its outputs differ by {worst:0.0e+0} of their range from those of the untouched file.";
        }

        model.Accept(lengths, worst);
        return null;
    }

    private static Memory<float> Picture(float[] pictures, OnnxModel model, int index) =>
        pictures.AsMemory(index * model.InputLength, model.InputLength);

    /// <summary>Smooth, different for every picture and channel, within -1 to 1 as normalised pixels are.</summary>
    private static float[] SyntheticPictures(OnnxModel model, int count)
    {
        var values = new float[count * model.InputLength];
        var width = (int)model.InputShape[2];
        for (var i = 0; i < values.Length; i++)
        {
            var picture = i / model.InputLength;
            var (y, x) = Math.DivRem(i % model.InputLength, width);
            values[i] = (float)(Math.Sin((x * (0.05 + (0.02 * picture))) + (0.3 * picture)) * Math.Cos(y * (0.04 + (0.01 * picture))));
        }

        return values;
    }

    private static double Worst(float[][] expected, float[][] actual)
    {
        double worst = 0;
        for (var output = 0; output < expected.Length; output++)
        {
            float difference = 0, range = 1e-6f;
            for (var i = 0; i < expected[output].Length; i++)
            {
                // A NaN must not pass as equal.
                var distance = Math.Abs(expected[output][i] - actual[output][i]);
                difference = float.IsNaN(distance) ? float.PositiveInfinity : Math.Max(difference, distance);
                range = Math.Max(range, Math.Abs(expected[output][i]));
            }

            worst = Math.Max(worst, difference / range);
        }

        return worst;
    }
}
