using FaceCluster.Vision.Models.Onnx;

namespace FaceCluster.Training.Onnx;

/// <summary>
/// Folds batch normalisations into the convolution or linear layer before them: weight * scale / sqrt(variance + epsilon), and
/// shift + (bias - mean) * scale / sqrt(variance + epsilon). One before a padded convolution stays: the padding is not normalised.
/// </summary>
internal static class BatchNormFolding
{
    /// <summary>Folds where nothing else reads the value between.</summary>
    /// <returns>Number of normalisations folded.</returns>
    public static int Fold(GraphProto graph)
    {
        var constants = graph.Initializer.ToDictionary(tensor => tensor.Name);
        var readers = graph.Node.SelectMany(node => node.Input).Concat(graph.Output.Select(output => output.Name)).GroupBy(name => name).ToDictionary(group => group.Key, group => group.Count());
        var makers = graph.Node.ToDictionary(node => node.Output[0]);
        var folded = 0;
        foreach (var norm in graph.Node.Where(node => node.OpType == "BatchNormalization").ToArray())
        {
            if (!makers.TryGetValue(norm.Input[0], out var layer) || layer.OpType is not ("Conv" or "Gemm") || readers[norm.Input[0]] != 1)
            {
                continue;
            }

            FoldInto(graph, layer, norm, constants);
            layer.Output[0] = norm.Output[0];
            makers[norm.Output[0]] = layer;
            graph.Node.Remove(norm);
            folded++;
        }

        var used = graph.Node.SelectMany(node => node.Input).ToHashSet();
        foreach (var unused in graph.Initializer.Where(tensor => !used.Contains(tensor.Name)).ToArray())
        {
            graph.Initializer.Remove(unused);
        }

        return folded;
    }

    private static void FoldInto(GraphProto graph, NodeProto layer, NodeProto norm, Dictionary<string, TensorProto> constants)
    {
        var (scale, shift) = (OnnxTensors.Values(constants[norm.Input[1]]), OnnxTensors.Values(constants[norm.Input[2]]));
        var (mean, variance) = (OnnxTensors.Values(constants[norm.Input[3]]), OnnxTensors.Values(constants[norm.Input[4]]));
        var epsilon = norm.Attribute.First(attribute => attribute.Name == "epsilon").F;
        var old = constants[layer.Input[1]];
        var weight = OnnxTensors.Values(old);
        var bias = layer.Input.Count > 2 ? OnnxTensors.Values(constants[layer.Input[2]]) : new float[scale.Length];
        var row = weight.Length / scale.Length;
        for (var channel = 0; channel < scale.Length; channel++)
        {
            var factor = scale[channel] / Math.Sqrt(variance[channel] + (double)epsilon);
            for (var i = channel * row; i < (channel + 1) * row; i++)
            {
                weight[i] = (float)(weight[i] * factor);
            }

            bias[channel] = (float)(((bias[channel] - mean[channel]) * factor) + shift[channel]);
        }

        // New names: another layer may share the old constants.
        var (weightName, biasName) = ($"{norm.Output[0]}.weight", $"{norm.Output[0]}.bias");
        Add(graph, constants, OnnxTensors.Of(weightName, weight, [.. old.Dims]));
        Add(graph, constants, OnnxTensors.Of(biasName, bias, bias.Length));
        layer.Input[1] = weightName;
        if (layer.Input.Count > 2)
        {
            layer.Input[2] = biasName;
        }
        else
        {
            layer.Input.Add(biasName);
        }
    }

    private static void Add(GraphProto graph, Dictionary<string, TensorProto> constants, TensorProto tensor)
    {
        graph.Initializer.Add(tensor);
        constants[tensor.Name] = tensor;
    }
}
