namespace FaceCluster.TrainingData;

/// <summary>Data that cannot be used. The message names the file, the record or field, and the limit.</summary>
public sealed class TrainingDataException : Exception
{
    public TrainingDataException(string message)
        : base(message)
    {
    }

    public TrainingDataException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
