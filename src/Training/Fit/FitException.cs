namespace FaceCluster.Training.Fit;

/// <summary>A run cannot start or go on; the message names the field, the file or the tensor, and the limit.</summary>
public sealed class FitException : Exception
{
    public FitException()
    {
    }

    public FitException(string message)
        : base(message)
    {
    }

    public FitException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
