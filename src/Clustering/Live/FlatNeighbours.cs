using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Search by a walk over all vectors: exact, nothing to build.</summary>
public sealed class FlatNeighbours : ILiveNeighbours
{
    private readonly int _dimension;
    private float[] _vectors = [];
    private bool[] _present = [];
    private int _end;

    /// <param name="dimension">Elements per vector, a multiple of 8.</param>
    public FlatNeighbours(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        _dimension = dimension;
    }

    /// <inheritdoc/>
    public void Add(int slot, ReadOnlySpan<float> centred)
    {
        if (slot >= _present.Length)
        {
            var slots = Math.Max(64, Math.Max(slot + 1, _present.Length * 2));
            Array.Resize(ref _present, slots);
            Array.Resize(ref _vectors, checked(slots * _dimension));
        }

        centred.CopyTo(_vectors.AsSpan(slot * _dimension, _dimension));
        _present[slot] = true;
        _end = Math.Max(_end, slot + 1);
    }

    /// <inheritdoc/>
    public void Remove(int slot)
    {
        _present[slot] = false;
        _vectors.AsSpan(slot * _dimension, _dimension).Clear();
    }

    /// <inheritdoc/>
    public void Nearest(int slot, int k, List<LiveNeighbour> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        var best = new PriorityQueue<LiveNeighbour, double>();
        var ties = new List<LiveNeighbour>();
        for (var other = 0; other < _end; other++)
        {
            if (!_present[other] || other == slot
                || (best.Count == k && FloatKernel.Dot(Row(slot), Row(other)) < best.Peek().Similarity - FloatKernel.Slack))
            {
                continue;
            }

            var neighbour = new LiveNeighbour(other, Similarity.Dot(Row(slot), Row(other)));
            if (best.Count < k)
            {
                best.Enqueue(neighbour, neighbour.Similarity);
                continue;
            }

            if (neighbour.Similarity >= best.Peek().Similarity)
            {
                var dropped = best.EnqueueDequeue(neighbour, neighbour.Similarity);
                ties.RemoveAll(tie => tie.Similarity < best.Peek().Similarity);
                if (dropped.Similarity == best.Peek().Similarity)
                {
                    ties.Add(dropped);
                }
            }
        }

        found.AddRange(best.UnorderedItems.Select(item => item.Element));
        found.AddRange(ties);
    }

    /// <inheritdoc/>
    public void AtLeast(int slot, ReadOnlySpan<double> floors, List<LiveNeighbour> found)
    {
        ArgumentNullException.ThrowIfNull(found);
        for (var other = 0; other < _end; other++)
        {
            if (!_present[other] || other == slot || FloatKernel.Dot(Row(slot), Row(other)) < floors[other] - FloatKernel.Slack)
            {
                continue;
            }

            var similarity = Similarity.Dot(Row(slot), Row(other));
            if (similarity >= floors[other])
            {
                found.Add(new LiveNeighbour(other, similarity));
            }
        }
    }

    private ReadOnlySpan<float> Row(int slot) => _vectors.AsSpan(slot * _dimension, _dimension);
}
