namespace FaceCluster.Vision.Imaging;

/// <summary>
/// A picture that is refused: the sender's fault, final for this item, harmless for every other. The message is one
/// sentence that names the limit; it never holds pixels.
/// </summary>
public sealed class ImageRefusedException : Exception
{
    public ImageRefusedException(ImageRefusal reason, string message)
        : base(message) => Reason = reason;

    /// <summary>The stable reason.</summary>
    public ImageRefusal Reason { get; }
}
