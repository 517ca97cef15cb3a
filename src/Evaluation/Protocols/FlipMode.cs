namespace FaceCluster.Evaluation.Protocols;

/// <summary>What is compared: the face's embedding alone, or with that of its mirror image.</summary>
public enum FlipMode
{
    /// <summary>The embedding as it is.</summary>
    None,

    /// <summary>The sum of both (InsightFace).</summary>
    Add,

    /// <summary>Both, one after the other (A-SKD).</summary>
    Concat,
}
