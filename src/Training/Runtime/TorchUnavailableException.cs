namespace FaceCluster.Training.Runtime;

/// <summary>The native libraries that training needs are missing or do not fit this system; the message is a whole sentence with the way out.</summary>
public sealed class TorchUnavailableException : Exception
{
    public TorchUnavailableException()
    {
    }

    public TorchUnavailableException(string message)
        : base(message)
    {
    }

    public TorchUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
