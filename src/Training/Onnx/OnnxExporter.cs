using System.Globalization;
using System.Text.Json;
using FaceCluster.Training.Backbones;
using FaceCluster.Vision.Models;
using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;

namespace FaceCluster.Training.Onnx;

/// <summary>
/// Writes a network as ONNX: pictures [N, 3, side, side] in, raw embeddings [N, size] out, N free. The file is accepted only after
/// ONNX Runtime has given the network's own results for 1, 3 and 8 pictures.
/// </summary>
public static class OnnxExporter
{
    /// <summary>Name of the input.</summary>
    public const string InputName = "data";

    /// <summary>Name of the output.</summary>
    public const string OutputName = "embedding";

    /// <summary>Largest difference that is accepted.</summary>
    public const double Tolerance = 1e-4;

    // Half precision has 11 bits; more than this means a weight outside its range.
    private const double HalfTolerance = 0.05;

    private const int IrVersion = 8;
    private const int OperatorSet = 17;

    private static readonly int[] Batches = [1, 3, 8];

    /// <summary>Writes and checks a model; nothing stands under <paramref name="path"/> before it has passed.</summary>
    /// <param name="network">The network; its mode is as before afterwards.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">What goes in beside the weights.</param>
    /// <exception cref="OnnxException">The file does not compute what the network does.</exception>
    /// <exception cref="ModelException">The manifest is invalid: the name, the quantiles or the dimension.</exception>
    public static OnnxExportResult Export(EmbeddingNetwork network, string path, OnnxExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        var manifest = Manifest(network, options);
        var metadata = Metadata(options, manifest);
        var trained = network.training;
        network.eval();
        try
        {
            var graph = Trace(network);
            if (options.FoldBatchNorms)
            {
                BatchNormFolding.Fold(graph);
            }

            var whole = Model(graph, metadata).ToByteArray();
            var difference = Check(network, whole);
            var halfDifference = 0.0;
            if (options.HalfPrecision)
            {
                (whole, halfDifference) = ToHalf(network, graph, metadata);
            }

            var unfinished = path + ".part";
            File.WriteAllBytes(unfinished, whole);
            File.Move(unfinished, path, overwrite: true);
            return new OnnxExportResult(path, difference, halfDifference, manifest);
        }
        finally
        {
            network.train(trained);
        }
    }

    private static ModelManifest Manifest(EmbeddingNetwork network, OnnxExportOptions options)
    {
        var manifest = new ModelManifest
        {
            Name = options.Name,
            ColorOrder = options.ColorOrder,
            Mean = [options.Mean],
            Scale = [options.Scale],
            Template = "arcface-112",
            Dimension = network.EmbeddingSize,
            MagnitudeQuantiles = new Dictionary<string, double>(options.MagnitudeQuantiles),
            Calibration = options.Calibration,
        };
        return ModelManifest.Parse(manifest.ToJson(), "of the export");
    }

    private static Dictionary<string, string> Metadata(OnnxExportOptions options, ModelManifest manifest) => new()
    {
        [ModelManifest.MetadataKey] = manifest.ToJson(),
        ["color_order"] = options.ColorOrder == ColorOrder.Rgb ? "RGB" : "BGR",
        ["mean"] = options.Mean.ToString("R", CultureInfo.InvariantCulture),
        ["scale"] = options.Scale.ToString("R", CultureInfo.InvariantCulture),
        ["template"] = manifest.Template,
        ["dimension"] = manifest.Dimension.ToString(CultureInfo.InvariantCulture),
        ["loss"] = options.Loss,
        ["training_data"] = options.TrainingData,
        ["magnitude_quantiles"] = JsonSerializer.Serialize(manifest.MagnitudeQuantiles),
    };

    private static GraphProto Trace(EmbeddingNetwork network)
    {
        var sink = new OnnxGraphSink(InputName);
        var result = network.Trace(sink, InputName);
        var graph = sink.Graph;
        var last = graph.Node.Single(node => node.Output[0] == result);
        foreach (var node in graph.Node.Where(node => node.Input.Contains(result)))
        {
            node.Input[node.Input.IndexOf(result)] = OutputName;
        }

        last.Output[0] = OutputName;
        graph.Input.Add(OnnxTensors.Value(InputName, (0, "N"), (3, null), (network.ImageSize, null), (network.ImageSize, null)));
        graph.Output.Add(OnnxTensors.Value(OutputName, (0, "N"), (network.EmbeddingSize, null)));
        return graph;
    }

    private static ModelProto Model(GraphProto graph, Dictionary<string, string> metadata) => new()
    {
        IrVersion = IrVersion,
        ProducerName = "facecluster-train",
        Graph = graph,
        OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
        MetadataProps = { metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }) },
    };

    private static double Check(EmbeddingNetwork network, byte[] model)
    {
        using var session = new OnnxSession(model);
        var worst = 0.0;
        foreach (var batch in Batches)
        {
            var pictures = Pictures(batch, network.ImageSize);
            worst = Math.Max(worst, Difference(Expected(network, pictures, batch), session.Run(pictures, batch, network.ImageSize), batch));
        }

        return worst <= Tolerance
            ? worst
            : throw new OnnxException($"The exported model differs from the network by {worst:0.0e+0}; at most {Tolerance:0.0e+0} is accepted. The file was not written.");
    }

    /// <summary>
    /// The model with half-precision weights: it must equal the one with the rounded weights in single precision to the same
    /// tolerance, and lie near the network.
    /// </summary>
    private static (byte[] Model, double Difference) ToHalf(EmbeddingNetwork network, GraphProto graph, Dictionary<string, string> metadata)
    {
        var rounded = Model(HalfWeights.Rounded(graph), metadata).ToByteArray();
        HalfWeights.Convert(graph);
        var half = Model(graph, metadata).ToByteArray();
        using var roundedSession = new OnnxSession(rounded);
        using var halfSession = new OnnxSession(half);
        var (conversion, drift) = (0.0, 0.0);
        foreach (var batch in Batches)
        {
            var pictures = Pictures(batch, network.ImageSize);
            var result = halfSession.Run(pictures, batch, network.ImageSize);
            conversion = Math.Max(conversion, Difference(roundedSession.Run(pictures, batch, network.ImageSize), result, batch));
            drift = Math.Max(drift, Difference(Expected(network, pictures, batch), result, batch));
        }

        return conversion <= Tolerance && drift <= HalfTolerance
            ? (half, drift)
            : throw new OnnxException($"With half-precision weights the model differs by {conversion:0.0e+0} from its own rounded weights and by {drift:0.0e+0} from the network; at most {Tolerance:0.0e+0} and {HalfTolerance} are accepted. Export it in single precision.");
    }

    private static float[] Expected(EmbeddingNetwork network, float[] pictures, int batch)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var device = network.parameters().First().device;
        using var input = tensor(pictures, [batch, 3, network.ImageSize, network.ImageSize]).to(device);
        return OnnxTensors.Values(network.forward(input));
    }

    private static double Difference(float[] expected, float[] actual, int batch)
    {
        if (expected.Length != actual.Length)
        {
            throw new OnnxException($"The exported model gives {actual.Length} values for {batch} pictures; the network gives {expected.Length}.");
        }

        var (worst, range) = (0.0, 1.0);
        for (var i = 0; i < expected.Length; i++)
        {
            var distance = Math.Abs(expected[i] - actual[i]);
            worst = float.IsNaN(distance) ? double.PositiveInfinity : Math.Max(worst, distance);
            range = Math.Max(range, Math.Abs(expected[i]));
        }

        return worst / range;
    }

    /// <summary>Smooth pictures with some noise, within -1 to 1, the same on every machine.</summary>
    private static float[] Pictures(int count, int side)
    {
        var pictures = new float[count * 3 * side * side];
        var state = 0x2545F491u + (uint)count;
        for (var i = 0; i < pictures.Length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            pictures[i] = (float)((0.7 * Math.Sin(i * 0.013)) + (0.3 * ((state / (double)uint.MaxValue * 2) - 1)));
        }

        return pictures;
    }
}
