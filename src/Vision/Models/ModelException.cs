namespace FaceCluster.Vision.Models;

/// <summary>
/// A model that cannot be used, or a provider that is not there. Raised while the engine starts, never later; the
/// message is the sentence an operator needs.
/// </summary>
public sealed class ModelException : Exception
{
    public ModelException(string message)
        : base(message)
    {
    }

    public ModelException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
