namespace FaceCluster.Training.Checkpoints;

/// <summary>A checkpoint cannot be written, read or used; the message names the file and the reason.</summary>
public sealed class CheckpointException : Exception
{
    public CheckpointException()
    {
    }

    public CheckpointException(string message)
        : base(message)
    {
    }

    public CheckpointException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
