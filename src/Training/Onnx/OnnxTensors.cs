using System.Runtime.InteropServices;
using FaceCluster.Vision.Models.Onnx;
using Google.Protobuf;
using static TorchSharp.torch;

namespace FaceCluster.Training.Onnx;

/// <summary>Values in ONNX messages. Numbers in raw data are little-endian, as on every machine this runs on.</summary>
internal static class OnnxTensors
{
    public const int Float = 1;
    public const int Int64 = 7;
    public const int Half = 10;

    public const int FloatAttribute = 1;
    public const int IntAttribute = 2;
    public const int IntsAttribute = 7;

    public static TensorProto Of(string name, float[] values, params long[] shape) => new()
    {
        Name = name,
        DataType = Float,
        Dims = { shape },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan())),
    };

    /// <summary>The values of a network's tensor.</summary>
    public static float[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    /// <summary>The values of a constant.</summary>
    /// <exception cref="OnnxException">It holds other numbers than single or half precision.</exception>
    public static float[] Values(TensorProto tensor) => tensor.DataType switch
    {
        Float when !tensor.RawData.IsEmpty => MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray(),
        Float => [.. tensor.FloatData],
        Half when !tensor.RawData.IsEmpty => [.. MemoryMarshal.Cast<byte, System.Half>(tensor.RawData.Span).ToArray().Select(value => (float)value)],
        _ => throw new OnnxException($"The constant '{tensor.Name}' has numbers of type {tensor.DataType}; single (1) and half (10) precision are read."),
    };

    /// <summary>The same constant with its numbers rounded to half precision.</summary>
    public static TensorProto ToHalf(TensorProto tensor, string name) => new()
    {
        Name = name,
        DataType = Half,
        Dims = { tensor.Dims },
        RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(Values(tensor).Select(value => (System.Half)value).ToArray().AsSpan())),
    };

    public static AttributeProto Attribute(string name, long value) => new() { Name = name, Type = IntAttribute, I = value };

    public static AttributeProto Attribute(string name, params long[] values) => new() { Name = name, Type = IntsAttribute, Ints = { values } };

    public static AttributeProto Attribute(string name, float value) => new() { Name = name, Type = FloatAttribute, F = value };

    public static ValueInfoProto Value(string name, params (long Size, string? Symbol)[] shape) => new()
    {
        Name = name,
        Type = new TypeProto
        {
            TensorType = new TypeProto.Types.Tensor
            {
                ElemType = Float,
                Shape = new TensorShapeProto
                {
                    Dim =
                    {
                        shape.Select(side => side.Symbol is { } symbol
                            ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                            : new TensorShapeProto.Types.Dimension { DimValue = side.Size }),
                    },
                },
            },
        },
    };
}
