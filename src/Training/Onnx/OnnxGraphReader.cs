using FaceCluster.Training.Layers;
using FaceCluster.Vision.Models;
using FaceCluster.Vision.Models.Onnx;
using static TorchSharp.torch;

namespace FaceCluster.Training.Onnx;

/// <summary>Turns the nodes of a graph into steps.</summary>
internal sealed class OnnxGraphReader
{
    private const int Input = -1;

    private readonly GraphProto _graph;
    private readonly string _path;
    private readonly bool _blueFirst;
    private readonly Dictionary<string, TensorProto> _constants;
    private readonly Dictionary<string, int> _values = [];
    private readonly List<ImportedStep> _steps = [];
    private int _width;

    public OnnxGraphReader(GraphProto graph, string path, ModelManifest manifest)
    {
        (_graph, _path) = (graph, path);
        _blueFirst = manifest.ColorOrder == ColorOrder.Bgr;
        _constants = graph.Initializer.ToDictionary(tensor => tensor.Name);
        foreach (var node in graph.Node.Where(node => node.OpType == "Constant"))
        {
            if (node.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T is { } tensor)
            {
                _constants[node.Output[0]] = tensor;
            }
        }

        var input = graph.Input.First(value => !_constants.ContainsKey(value.Name));
        _values[input.Name] = Input;
    }

    /// <summary>The steps in order, and the length of the embedding.</summary>
    public (IReadOnlyList<ImportedStep> Steps, int Dimension) Read()
    {
        foreach (var node in _graph.Node.Where(node => node.OpType != "Constant"))
        {
            _values[node.Output[0]] = Add(node);
        }

        if (!_values.TryGetValue(_graph.Output[0].Name, out var result) || result != _steps.Count - 1)
        {
            throw new OnnxException($"{_path}: the output '{_graph.Output[0].Name}' is not what the last operator gives.");
        }

        return (_steps, _width);
    }

    private int Add(NodeProto node) => node.OpType switch
    {
        "Conv" => Add(Conv(node), node),
        "PRelu" => Add(PRelu(node), node),
        "Relu" => Add(new ReluLayer(), node),
        "BatchNormalization" => Add(BatchNorm(node), node),
        "GlobalAveragePool" => Add(new GlobalAverageLayer(), node),
        "Flatten" or "Reshape" or "Squeeze" => Add(new FlattenLayer(), CheckFlat(node)),
        "Gemm" => Add(Linear(node), node),
        "Add" => AddBoth(ImportedKind.Add, node),
        "Mul" => AddBoth(ImportedKind.Multiply, node),
        "Dropout" or "Identity" => Value(node, 0),
        _ => throw new OnnxException($"{_path}: the operator {node.OpType} (output '{node.Output[0]}') is not known to the trainer; convolutional embedding models of Conv, BatchNormalization, PRelu, Relu, Add, Mul, GlobalAveragePool, Flatten and Gemm are."),
    };

    private int Add(Layer layer, NodeProto node)
    {
        _steps.Add(new ImportedStep(ImportedKind.Layer, layer, Value(node, 0)));
        return _steps.Count - 1;
    }

    private int AddBoth(ImportedKind kind, NodeProto node)
    {
        _steps.Add(new ImportedStep(kind, null, Value(node, 0), Value(node, 1)));
        return _steps.Count - 1;
    }

    private int Value(NodeProto node, int input) => _values.TryGetValue(node.Input[input], out var value)
        ? value
        : throw new OnnxException($"{_path}: {node.OpType} (output '{node.Output[0]}') reads '{node.Input[input]}', which is no value of the network before it.");

    private TensorProto Constant(NodeProto node, int input) => _constants.TryGetValue(node.Input[input], out var tensor)
        ? tensor
        : throw new OnnxException($"{_path}: input {input} of {node.OpType} (output '{node.Output[0]}') is not a constant.");

    private ConvLayer Conv(NodeProto node)
    {
        var weight = Constant(node, 1);
        var (strides, pads) = (Ints(node, "strides", [1, 1]), Ints(node, "pads", [0, 0, 0, 0]));
        var (dilations, groups) = (Ints(node, "dilations", [1, 1]), Int(node, "group", 1));
        if (weight.Dims.Count != 4 || weight.Dims[2] != weight.Dims[3] || strides.Distinct().Count() > 1 || pads.Distinct().Count() > 1 || dilations.Any(value => value != 1)
            || node.Attribute.Any(attribute => attribute.Name == "auto_pad"))
        {
            throw new OnnxException($"{_path}: the convolution with output '{node.Output[0]}' has a kernel, stride or padding that differs by direction, or a dilation; the trainer knows square ones.");
        }

        var values = OnnxTensors.Values(weight);
        if (_blueFirst && Value(node, 0) == Input)
        {
            SwapPlanes(values, (int)weight.Dims[0], (int)(weight.Dims[2] * weight.Dims[3]));
        }

        var layer = new ConvLayer(weight.Dims[1] * groups, weight.Dims[0], weight.Dims[2], strides[0], pads[0], groups, bias: node.Input.Count > 2);
        Set(layer.Weight, values);
        if (layer.Bias is { } bias)
        {
            Set(bias, OnnxTensors.Values(Constant(node, 2)));
        }

        _width = (int)weight.Dims[0];
        return layer;
    }

    private PReluLayer PRelu(NodeProto node)
    {
        var slope = OnnxTensors.Values(Constant(node, 1));
        var layer = new PReluLayer(slope.Length);
        Set(layer.Parameter("weight"), slope);
        return layer;
    }

    private BatchNormLayer BatchNorm(NodeProto node)
    {
        var epsilon = node.Attribute.FirstOrDefault(attribute => attribute.Name == "epsilon")?.F ?? 1e-5f;
        var scale = OnnxTensors.Values(Constant(node, 1));
        var layer = new BatchNormLayer(scale.Length, new BatchNormOptions(epsilon));
        Set(layer.Parameter("weight"), scale);
        Set(layer.Parameter("bias"), OnnxTensors.Values(Constant(node, 2)));
        Set(layer.Buffer("running_mean"), OnnxTensors.Values(Constant(node, 3)));
        Set(layer.Buffer("running_var"), OnnxTensors.Values(Constant(node, 4)));
        return layer;
    }

    private LinearLayer Linear(NodeProto node)
    {
        var weight = Constant(node, 1);
        var (alpha, beta) = (Float(node, "alpha"), Float(node, "beta"));
        if (weight.Dims.Count != 2 || alpha != 1 || beta != 1 || Int(node, "transA", 0) != 0)
        {
            throw new OnnxException($"{_path}: the linear layer with output '{node.Output[0]}' has factors or a transposed input; plain ones are known.");
        }

        var values = OnnxTensors.Values(weight);
        var transposed = Int(node, "transB", 0) == 1;
        var (output, input) = transposed ? (weight.Dims[0], weight.Dims[1]) : (weight.Dims[1], weight.Dims[0]);
        var layer = new LinearLayer(input, output, bias: node.Input.Count > 2);
        Set(layer.Weight, transposed ? values : Transpose(values, (int)input, (int)output));
        if (layer.Bias is { } bias)
        {
            Set(bias, OnnxTensors.Values(Constant(node, 2)));
        }

        _width = (int)output;
        return layer;
    }

    /// <summary>Only a reshape that keeps the batch and joins the rest is a flattening.</summary>
    private NodeProto CheckFlat(NodeProto node)
    {
        var flat = node.OpType switch
        {
            "Flatten" => Int(node, "axis", 1) == 1,
            "Reshape" => Shape(Constant(node, 1)) is [0 or -1, _],
            _ => true,
        };
        return flat ? node : throw new OnnxException($"{_path}: the {node.OpType} with output '{node.Output[0]}' does not keep one row a picture.");
    }

    private static long[] Shape(TensorProto tensor) => tensor.RawData.IsEmpty
        ? [.. tensor.Int64Data]
        : System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(tensor.RawData.Span).ToArray();

    private static long[] Ints(NodeProto node, string name, long[] standard) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name) is { } found ? [.. found.Ints] : standard;

    private static long Int(NodeProto node, string name, long standard) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? standard;

    private static float Float(NodeProto node, string name) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name) is { HasF: true } found ? found.F : 1;

    private static void Set(Tensor target, float[] values)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        target.copy_(tensor(values, target.shape));
    }

    private static float[] Transpose(float[] values, int rows, int columns)
    {
        var result = new float[values.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                result[(column * rows) + row] = values[(row * columns) + column];
            }
        }

        return result;
    }

    private static void SwapPlanes(float[] weight, int outputs, int kernel)
    {
        for (var output = 0; output < outputs; output++)
        {
            var filter = weight.AsSpan(output * 3 * kernel, 3 * kernel);
            var first = filter[..kernel].ToArray();
            filter[(2 * kernel)..].CopyTo(filter);
            first.CopyTo(filter[(2 * kernel)..]);
        }
    }
}
