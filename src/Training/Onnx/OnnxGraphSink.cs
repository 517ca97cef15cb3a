using FaceCluster.Training.Layers;
using FaceCluster.Vision.Models.Onnx;
using static TorchSharp.torch;

namespace FaceCluster.Training.Onnx;

/// <summary>Writes a network's computation as a graph of ONNX operators (operator set 17, https://onnx.ai/onnx/operators).</summary>
internal sealed class OnnxGraphSink : IGraphSink
{
    private readonly GraphProto _graph = new() { Name = "embedding" };
    private readonly Dictionary<string, int> _ranks = [];

    public OnnxGraphSink(string input) => _ranks[input] = 4;

    /// <summary>The graph so far.</summary>
    public GraphProto Graph => _graph;

    /// <inheritdoc/>
    public string Conv(string input, Tensor weight, Tensor? bias, long stride, long padding, long groups)
    {
        var node = Node("Conv", 4, input, Constant(weight));
        if (bias is not null)
        {
            node.Input.Add(Constant(bias));
        }

        node.Attribute.Add(OnnxTensors.Attribute("kernel_shape", weight.shape[2], weight.shape[3]));
        node.Attribute.Add(OnnxTensors.Attribute("strides", stride, stride));
        node.Attribute.Add(OnnxTensors.Attribute("pads", padding, padding, padding, padding));
        node.Attribute.Add(OnnxTensors.Attribute("group", groups));
        return node.Output[0];
    }

    /// <inheritdoc/>
    public string BatchNorm(string input, Tensor scale, Tensor shift, Tensor mean, Tensor variance, double epsilon)
    {
        var node = Node("BatchNormalization", _ranks[input], input, Constant(scale), Constant(shift), Constant(mean), Constant(variance));
        node.Attribute.Add(OnnxTensors.Attribute("epsilon", (float)epsilon));
        return node.Output[0];
    }

    /// <inheritdoc/>
    public string PRelu(string input, Tensor slope)
    {
        // Slopes spread from the right: one a channel needs the places of height and width.
        long[] shape = _ranks[input] == 4 ? [slope.numel(), 1, 1] : [slope.numel()];
        return Node("PRelu", _ranks[input], input, Constant(OnnxTensors.Values(slope), shape)).Output[0];
    }

    /// <inheritdoc/>
    public string Relu(string input) => Node("Relu", _ranks[input], input).Output[0];

    /// <inheritdoc/>
    public string Sigmoid(string input) => Node("Sigmoid", _ranks[input], input).Output[0];

    /// <inheritdoc/>
    public string Add(string left, string right) => Node("Add", _ranks[left], left, right).Output[0];

    /// <inheritdoc/>
    public string Multiply(string left, string right) => Node("Mul", _ranks[left], left, right).Output[0];

    /// <inheritdoc/>
    public string Flatten(string input)
    {
        // A Reshape traced with a batch of one would fix the batch; Flatten cannot.
        var node = Node("Flatten", 2, input);
        node.Attribute.Add(OnnxTensors.Attribute("axis", 1L));
        return node.Output[0];
    }

    /// <inheritdoc/>
    public string Linear(string input, Tensor weight, Tensor? bias)
    {
        var node = Node("Gemm", 2, input, Constant(weight));
        if (bias is not null)
        {
            node.Input.Add(Constant(bias));
        }

        node.Attribute.Add(OnnxTensors.Attribute("transB", 1L));
        return node.Output[0];
    }

    /// <inheritdoc/>
    public string GlobalAverage(string input) => Node("GlobalAveragePool", 4, input).Output[0];

    /// <inheritdoc/>
    public string GlobalMaximum(string input) => Node("GlobalMaxPool", 4, input).Output[0];

    /// <inheritdoc/>
    public string ChannelMean(string input) => Reduce("ReduceMean", input);

    /// <inheritdoc/>
    public string ChannelMaximum(string input) => Reduce("ReduceMax", input);

    /// <inheritdoc/>
    public string Concat(string left, string right)
    {
        var node = Node("Concat", _ranks[left], left, right);
        node.Attribute.Add(OnnxTensors.Attribute("axis", 1L));
        return node.Output[0];
    }

    private string Reduce(string type, string input)
    {
        var node = Node(type, 4, input);
        node.Attribute.Add(OnnxTensors.Attribute("axes", [1L]));
        node.Attribute.Add(OnnxTensors.Attribute("keepdims", 1L));
        return node.Output[0];
    }

    private NodeProto Node(string type, int rank, params string[] inputs)
    {
        var node = new NodeProto { OpType = type, Name = $"{type}_{_graph.Node.Count}", Input = { inputs }, Output = { $"v{_graph.Node.Count}" } };
        _graph.Node.Add(node);
        _ranks[node.Output[0]] = rank;
        return node;
    }

    private string Constant(Tensor tensor) => Constant(OnnxTensors.Values(tensor), tensor.shape);

    private string Constant(float[] values, long[] shape)
    {
        var name = $"p{_graph.Initializer.Count}";
        _graph.Initializer.Add(OnnxTensors.Of(name, values, shape));
        return name;
    }
}
