namespace FaceCluster.Clustering;

/// <summary>An edge of a face, seen from it.</summary>
/// <param name="Slot">Slot of the face.</param>
/// <param name="Other">Slot of the other end.</param>
/// <param name="Edge">Its values; the other end in it is set when the edge gets a row.</param>
internal readonly record struct LiveEdge(int Slot, int Other, GroupEdge Edge);
