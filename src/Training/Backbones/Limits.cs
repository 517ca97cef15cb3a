namespace FaceCluster.Training.Backbones;

internal static class Limits
{
    public static void Check(int imageSize, int embeddingSize, double dropout)
    {
        if (imageSize is < 16 or > 1024 || imageSize % 16 != 0)
        {
            throw new ArgumentException($"model.imageSize must be a multiple of 16 from 16 to 1024, not {imageSize}.", nameof(imageSize));
        }

        if (embeddingSize is < 2 or > 4096)
        {
            throw new ArgumentException($"model.embeddingSize must be 2 to 4096, not {embeddingSize}.", nameof(embeddingSize));
        }

        if (dropout is not (>= 0 and < 1))
        {
            throw new ArgumentException($"model.dropout must be at least 0 and below 1, not {dropout}.", nameof(dropout));
        }
    }
}
