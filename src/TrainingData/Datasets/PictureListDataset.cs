namespace FaceCluster.TrainingData.Datasets;

/// <summary>Faces in files of their own, each with a class.</summary>
public sealed class PictureListDataset : FaceDataset
{
    private readonly string[] _paths;
    private readonly int[] _labels;
    private readonly string[] _classes;

    /// <param name="name">Where the data comes from.</param>
    /// <param name="paths">The picture of each face.</param>
    /// <param name="labels">Its class, as many.</param>
    /// <param name="classes">The name of each class.</param>
    /// <exception cref="TrainingDataException">There is no face, or a label is out of range.</exception>
    public PictureListDataset(string name, IReadOnlyList<string> paths, IReadOnlyList<int> labels, IReadOnlyList<string> classes)
    {
        ArgumentNullException.ThrowIfNull(paths);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(classes);
        Name = name;
        (_paths, _labels, _classes) = ([.. paths], [.. labels], [.. classes]);
        if (_paths.Length != _labels.Length)
        {
            throw new TrainingDataException($"{name} has {_paths.Length} pictures and {_labels.Length} labels.");
        }

        if (_paths.Length == 0)
        {
            throw new TrainingDataException($"{name} holds no pictures.");
        }

        CheckLabels(_classes.Length);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int ClassCount => _classes.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => _labels;

    /// <summary>The picture of each face.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <inheritdoc/>
    public override string Describe(int index) => _paths[index];

    /// <inheritdoc/>
    public override string ClassName(int label) => _classes[label];

    /// <inheritdoc/>
    public override byte[] ReadEncoded(int index)
    {
        try
        {
            return File.ReadAllBytes(_paths[index]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{_paths[index]} cannot be read: {error.Message}", error);
        }
    }
}
