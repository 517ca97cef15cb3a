using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;

namespace FaceCluster.Vision.Tests.Models;

/// <summary>Models of a few nodes, written as ONNX files, that behave like the real ones or break in one way.</summary>
internal static class TinyModels
{
    public const int Dimension = 8;

    /// <summary>
    /// An embedder with a fixed batch of one: the mean of each plane, reshaped by a constant that names the batch, times
    /// a fixed matrix.
    /// </summary>
    public static ModelProto Embedder(int size = 112) => Model(
        [1, 3, size, size],
        ("output", [1, Dimension]),
        [
            Node("GlobalAveragePool", ["input"], "mean"),
            Node("Reshape", ["mean", "shape"], "flat"),
            Node("MatMul", ["flat", "matrix"], "product"),
            Node("Add", ["product", "bias"], "output"),
        ],
        [
            Int64s("shape", 1, -1),
            Floats("matrix", [3, Dimension], [.. Enumerable.Range(0, 3 * Dimension).Select(i => MathF.Sin(i + 1))]),
            Floats("bias", [Dimension], [.. Enumerable.Range(0, Dimension).Select(i => 0.1f * (i + 1))]),
        ]);

    /// <summary>A detector that reports the given boxes (corners relative to its window) whatever it sees.</summary>
    public static ModelProto Detector(IReadOnlyList<float[]> boxes) => Model(
        [1, 3, 240, 320],
        ("scores", [1, boxes.Count, 2]),
        [
            Node("GlobalAveragePool", ["input"], "mean"),
            Node("Reshape", ["mean", "shape"], "flat"),
            Node("MatMul", ["flat", "zero"], "nothing"),
            Node("Add", ["nothing", "all-scores"], "scores"),
            Node("Add", ["nothing", "all-boxes"], "boxes"),
        ],
        [
            Int64s("shape", 1, 1, 3),
            Floats("zero", [3, 1], [0, 0, 0]),
            Floats("all-scores", [boxes.Count, 2], [.. boxes.SelectMany((_, i) => new[] { 0.05f, 0.95f - (1e-5f * i) })]),
            Floats("all-boxes", [boxes.Count, 4], [.. boxes.SelectMany(box => box)]),
        ],
        ("boxes", [1, boxes.Count, 4]));

    /// <summary>A landmark model that gives the same 68 points for every box: a plausible face.</summary>
    public static ModelProto Landmarks() => Model(
        [1, 1, 64, 64],
        ("output", [1, 136]),
        [
            Node("GlobalAveragePool", ["input"], "mean"),
            Node("Reshape", ["mean", "shape"], "flat"),
            Node("MatMul", ["flat", "zero"], "nothing"),
            Node("Add", ["nothing", "points"], "output"),
        ],
        [
            Int64s("shape", 1, -1),
            Floats("zero", [1, 136], new float[136]),
            Floats("points", [136], [.. Enumerable.Range(0, 68).SelectMany(Point)]),
        ]);

    /// <summary>Input times a constant, reshaped to a shape without a batch: cannot run batches.</summary>
    public static ModelProto WithoutBatch() => Model(
        [1, 3, 4, 4], ("output", [1, 48]), [Node("Reshape", ["input", "shape"], "output")], [Int64s("shape", 48)]);

    /// <summary>Subtracts the mean over the batch: a picture's output depends on its neighbours.</summary>
    public static ModelProto MixingBatch()
    {
        var mean = Node("ReduceMean", ["input"], "mean");
        mean.Attribute.Add(new AttributeProto { Name = "axes", Type = 7, Ints = { 0 } });
        return Model([1, 3, 4, 4], ("output", [1, 3, 4, 4]), [mean, Node("Sub", ["input", "mean"], "output")], []);
    }

    /// <summary>Divides by zero.</summary>
    public static ModelProto NotFinite() => Model(
        [1, 3, 4, 4], ("output", [1, 3, 4, 4]), [Node("Div", ["input", "zero"], "output")], [Floats("zero", [1], [0])]);

    /// <summary>Gives other values in every run.</summary>
    public static ModelProto Random() => Model(
        [1, 3, 4, 4], ("output", [1, 3, 4, 4]), [Node("RandomNormalLike", ["input"], "output")], []);

    public static string Write(this ModelProto model, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    public static ModelProto Model(
        long[] input, (string Name, long[] Shape) output, NodeProto[] nodes, TensorProto[] constants, (string Name, long[] Shape)? second = null)
    {
        var graph = new GraphProto { Name = "tiny", Node = { nodes }, Initializer = { constants }, Input = { Value("input", input) } };
        graph.Output.Add(Value(output.Name, output.Shape));
        if (second is var (name, shape))
        {
            graph.Output.Add(Value(name, shape));
        }

        return new ModelProto { IrVersion = 7, Graph = graph, OpsetImport = { new OperatorSetIdProto { Version = 12 } } };
    }

    public static NodeProto Node(string type, string[] inputs, string output) => new() { OpType = type, Input = { inputs }, Output = { output } };

    public static TensorProto Int64s(string name, params long[] values) =>
        new() { Name = name, DataType = 7, Dims = { values.Length }, Int64Data = { values } };

    public static TensorProto Floats(string name, long[] shape, float[] values) =>
        new() { Name = name, DataType = 1, Dims = { shape }, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan())) };

    private static ValueInfoProto Value(string name, long[] shape) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = 1,
                Shape = new TensorShapeProto { Dim = { shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size }) } },
            },
        },
    };

    private static float[] Point(int index) => index switch
    {
        >= 36 and < 42 => [0.3f + (0.01f * (index - 36)), 0.4f],
        >= 42 and < 48 => [0.65f + (0.01f * (index - 42)), 0.4f],
        30 => [0.5f, 0.6f],
        48 or 60 => [0.35f, 0.8f],
        54 or 64 => [0.65f, 0.8f],
        _ => [0.5f, 0.5f],
    };
}
