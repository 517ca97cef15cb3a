using System.Buffers.Binary;
using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;

namespace FaceCluster.Vision.Models;

/// <summary>
/// Sets the batch dimension of a model free that was exported for one picture: the first dimension of its inputs and
/// outputs becomes symbolic, and the constants that name the target shape of a Reshape get 0, "as in the input"
/// (ONNX operator Reshape), in place of the fixed number. The result must be checked by running it: a graph may fix
/// its batch in ways this does not know.
/// </summary>
internal static class BatchRewriter
{
    private const int Int64 = 7;
    private const string Symbol = "batch";

    /// <summary>Whether an input of the graph fixes its first dimension.</summary>
    public static bool HasFixedBatch(ModelProto model) => PictureInputs(model.Graph).Any(input => FixedBatch(input) > 0);

    public static void FreeBatch(ModelProto model)
    {
        var graph = model.Graph;
        var batch = PictureInputs(graph).Select(FixedBatch).FirstOrDefault(size => size > 0);
        if (batch == 0)
        {
            return;
        }

        foreach (var value in PictureInputs(graph).Concat(graph.Output))
        {
            if (FixedBatch(value) == batch)
            {
                value.Type.TensorType.Shape.Dim[0].DimParam = Symbol;
            }
        }

        // Shapes inferred for the fixed batch would contradict the new one.
        graph.ValueInfo.Clear();
        FreeReshapes(graph, batch);
    }

    private static void FreeReshapes(GraphProto graph, long batch)
    {
        var constants = Constants(graph);
        var pictures = PictureInputs(graph).Select(input => input.Name).ToHashSet();
        foreach (var node in graph.Node)
        {
            // What Shape returns has no batch dimension; a Reshape of it must stay as it is.
            if (node.OpType is "Shape" or "Size" || !node.Input.Any(pictures.Contains))
            {
                continue;
            }

            pictures.UnionWith(node.Output);
            if (node.OpType == "Reshape" && node.Input.Count == 2 && pictures.Contains(node.Input[0])
                && constants.TryGetValue(node.Input[1], out var shape))
            {
                FreeShape(shape, batch, node.Attribute.Any(attribute => attribute.Name == "allowzero" && attribute.I != 0));
            }
        }
    }

    private static void FreeShape(TensorProto shape, long batch, bool zeroIsZero)
    {
        var sizes = Read(shape);
        if (sizes.Length == 0 || sizes[0] != batch || (zeroIsZero && sizes.Contains(-1)))
        {
            return;
        }

        sizes[0] = zeroIsZero ? -1 : 0;
        Write(shape, sizes);
    }

    private static IEnumerable<ValueInfoProto> PictureInputs(GraphProto graph)
    {
        // Files up to IR version 3 list their weights as inputs too.
        var weights = graph.Initializer.Select(tensor => tensor.Name).ToHashSet();
        return graph.Input.Where(input => !weights.Contains(input.Name));
    }

    private static long FixedBatch(ValueInfoProto value) =>
        value.Type?.TensorType?.Shape is { Dim.Count: > 1 } shape ? shape.Dim[0].DimValue : 0;

    private static Dictionary<string, TensorProto> Constants(GraphProto graph)
    {
        var constants = graph.Initializer.Where(tensor => tensor.DataType == Int64).ToDictionary(tensor => tensor.Name);
        foreach (var node in graph.Node.Where(node => node.OpType == "Constant" && node.Output.Count == 1))
        {
            if (node.Attribute.FirstOrDefault(attribute => attribute.Name == "value")?.T is { DataType: Int64 } tensor)
            {
                constants[node.Output[0]] = tensor;
            }
        }

        return constants;
    }

    private static long[] Read(TensorProto tensor)
    {
        if (tensor.RawData.IsEmpty)
        {
            return [.. tensor.Int64Data];
        }

        var sizes = new long[tensor.RawData.Length / sizeof(long)];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = BinaryPrimitives.ReadInt64LittleEndian(tensor.RawData.Span[(i * sizeof(long))..]);
        }

        return sizes;
    }

    private static void Write(TensorProto tensor, long[] sizes)
    {
        tensor.Int64Data.Clear();
        var raw = new byte[sizes.Length * sizeof(long)];
        for (var i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(i * sizeof(long)), sizes[i]);
        }

        tensor.RawData = ByteString.CopyFrom(raw);
    }
}
