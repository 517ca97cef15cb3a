namespace FaceCluster.Training.Onnx;

/// <summary>A model that cannot be imported, or an export that does not do what the network does. The message names the node or the difference.</summary>
public sealed class OnnxException : Exception
{
    public OnnxException(string message)
        : base(message)
    {
    }

    public OnnxException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
