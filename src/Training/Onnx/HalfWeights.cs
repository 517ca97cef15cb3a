using FaceCluster.Vision.Models.Onnx;

namespace FaceCluster.Training.Onnx;

/// <summary>
/// Stores constants in half precision, each with a cast back to single: the file halves, the arithmetic stays. Statistics of
/// batch normalisations stay single, since a small variance has no half.
/// </summary>
internal static class HalfWeights
{
    // Vectors are a thousandth of a model; halving them would only cost precision.
    private const int MinRank = 2;

    public static void Convert(GraphProto graph)
    {
        var casts = new List<NodeProto>();
        for (var i = 0; i < graph.Initializer.Count; i++)
        {
            var tensor = graph.Initializer[i];
            if (tensor.DataType != OnnxTensors.Float || tensor.Dims.Count(side => side > 1) < MinRank)
            {
                continue;
            }

            var name = tensor.Name + ".half";
            graph.Initializer[i] = OnnxTensors.ToHalf(tensor, name);
            casts.Add(new NodeProto
            {
                OpType = "Cast",
                Name = "Cast_" + name,
                Input = { name },
                Output = { tensor.Name },
                Attribute = { OnnxTensors.Attribute("to", OnnxTensors.Float) },
            });
        }

        // A graph lists its nodes in the order in which they can run.
        for (var i = 0; i < casts.Count; i++)
        {
            graph.Node.Insert(i, casts[i]);
        }
    }

    /// <summary>A copy of the graph in single precision whose constants have the values that half precision leaves.</summary>
    public static GraphProto Rounded(GraphProto graph)
    {
        var copy = graph.Clone();
        for (var i = 0; i < copy.Initializer.Count; i++)
        {
            var tensor = copy.Initializer[i];
            if (tensor.DataType == OnnxTensors.Float && tensor.Dims.Count(side => side > 1) >= MinRank)
            {
                copy.Initializer[i] = OnnxTensors.Of(tensor.Name, OnnxTensors.Values(OnnxTensors.ToHalf(tensor, tensor.Name)), [.. tensor.Dims]);
            }
        }

        return copy;
    }
}
