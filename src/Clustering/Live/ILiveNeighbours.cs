namespace FaceCluster.Clustering;

/// <summary>
/// Exact search over the centred vectors of a <see cref="LiveGroups"/>. A host may put an index of its own behind it.
/// </summary>
/// <remarks>Not safe for concurrent use; the engine that owns it orders the calls.</remarks>
public interface ILiveNeighbours
{
    /// <summary>Takes in a vector, which is copied.</summary>
    /// <param name="slot">Its number from now on, 0 or more; free again after <see cref="Remove"/>.</param>
    /// <param name="centred">Centred unit vector.</param>
    void Add(int slot, ReadOnlySpan<float> centred);

    /// <summary>Forgets a vector.</summary>
    void Remove(int slot);

    /// <summary>
    /// The other vectors whose canonical similarity (<see cref="Core.Similarity.Dot"/>) to the given one is at least the
    /// k-th best, equal ones included, in any order. All others where there are fewer than k.
    /// </summary>
    void Nearest(int slot, int k, List<LiveNeighbour> found);

    /// <summary>The other vectors whose canonical similarity to the given one is at least their own floor, in any order.</summary>
    /// <param name="slot">The vector.</param>
    /// <param name="floors">The floor of each slot.</param>
    /// <param name="found">Receives them.</param>
    void AtLeast(int slot, ReadOnlySpan<double> floors, List<LiveNeighbour> found);
}

/// <summary>A vector and its canonical similarity to the one that was asked about.</summary>
public readonly record struct LiveNeighbour(int Slot, double Similarity);
