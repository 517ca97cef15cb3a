namespace FaceCluster.Index.Faiss;

/// <summary>The native library refused an operation, for example removal from an index type without it.</summary>
public sealed class FaissException : Exception
{
    public FaissException(string message)
        : base(message)
    {
    }

    public FaissException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public FaissException()
    {
    }
}
