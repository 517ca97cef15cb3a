namespace FaceCluster.TrainingData.Datasets;

/// <summary>Some faces of another set, with classes numbered anew. The other set stays the caller's.</summary>
public sealed class SubsetDataset : FaceDataset
{
    private readonly FaceDataset _source;
    private readonly int[] _indices;
    private readonly int[] _labels;
    private readonly int[] _classes;

    /// <param name="source">Where the faces are read from.</param>
    /// <param name="name">What the subset is called.</param>
    /// <param name="indices">The faces, in the order they get here.</param>
    /// <exception cref="TrainingDataException">There is none.</exception>
    public SubsetDataset(FaceDataset source, string name, IEnumerable<int> indices)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        Name = name;
        _indices = [.. indices];
        if (_indices.Length == 0)
        {
            throw new TrainingDataException($"{name} holds no faces.");
        }

        var labels = source.Labels.ToArray();
        _classes = [.. _indices.Select(index => labels[index]).Distinct().Order()];
        var numbers = _classes.Select((label, i) => (label, i)).ToDictionary(entry => entry.label, entry => entry.i);
        _labels = [.. _indices.Select(index => numbers[labels[index]])];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int ClassCount => _classes.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => _labels;

    /// <summary>The index that face <paramref name="index"/> has in the other set.</summary>
    public int SourceIndex(int index) => _indices[index];

    /// <inheritdoc/>
    public override string Describe(int index) => _source.Describe(_indices[index]);

    /// <inheritdoc/>
    public override string ClassName(int label) => _source.ClassName(_classes[label]);

    /// <inheritdoc/>
    public override byte[] ReadEncoded(int index) => _source.ReadEncoded(_indices[index]);
}
