using FaceCluster.V1;

namespace FaceCluster.Cli.Demo;

/// <summary>A face of the demonstration as the server returned it.</summary>
/// <param name="Face">The face.</param>
/// <param name="Cluster">Number of its cluster, the largest one being 0.</param>
/// <param name="Label">Who it is by the ground truth.</param>
/// <param name="Frame">The frame that it was found in.</param>
public sealed record ClusteredFace(Face Face, int Cluster, string Label, RenderedFrame Frame)
{
    /// <summary>Whether the server marked the face's place as uncertain.</summary>
    public bool IsUncertain => Face.UncertainReasons.Count > 0;

    /// <summary>Whether the truth knows a person here (as opposed to a false alarm of the detector).</summary>
    public bool IsPerson => !Label.StartsWith("place-", StringComparison.Ordinal);
}
