using FaceCluster.TrainingData.Datasets;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// Writes a training set in InsightFace's form into a folder: pictures as records 1, 2, ..., then the identities' ranges,
/// record 0 last, with the property file and the names of the classes. The pictures of a class come one after another.
/// </summary>
public sealed class RecordDatasetWriter : IDisposable
{
    // A range's bounds are singles, which count exactly up to here.
    private const int MaxRecords = 1 << 24;

    private readonly string _folder;
    private readonly RecordWriter _writer;
    private readonly List<(string Name, int First)> _classes = [];
    private int _next = 1;

    /// <summary>Begins a set in <paramref name="folder"/>, which is created.</summary>
    public RecordDatasetWriter(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        _writer = new RecordWriter(Path.Combine(folder, "train.rec"));
    }

    /// <summary>Pictures written.</summary>
    public int Count => _next - 1;

    /// <summary>Classes written.</summary>
    public int ClassCount => _classes.Count;

    /// <summary>Begins the next class; its number is that of the classes before it.</summary>
    /// <exception cref="TrainingDataException">The name has a line break.</exception>
    public void BeginClass(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.AsSpan().ContainsAny('\n', '\r'))
        {
            throw new TrainingDataException($"The class name '{name.ReplaceLineEndings(" ")}' has a line break.");
        }

        _classes.Add((name, _next));
    }

    /// <summary>Adds an encoded picture to the class begun last.</summary>
    public void Add(ReadOnlySpan<byte> encoded)
    {
        if (_classes.Count == 0)
        {
            throw new InvalidOperationException("Begin a class before adding pictures.");
        }

        if (_next + _classes.Count >= MaxRecords)
        {
            throw new TrainingDataException($"The set would have more than {MaxRecords} records, which the format's single-precision ranges cannot number.");
        }

        _writer.Write(_next, RecordHeader.Compose([_classes.Count - 1], (ulong)_next, 0, encoded));
        _next++;
    }

    /// <summary>Writes the ranges and puts all files under their names.</summary>
    /// <exception cref="TrainingDataException">Nothing was added.</exception>
    public void Complete()
    {
        if (Count == 0)
        {
            throw new TrainingDataException($"{_folder} would hold no pictures.");
        }

        var identity = _next;
        for (var i = 0; i < _classes.Count; i++)
        {
            var end = i + 1 < _classes.Count ? _classes[i + 1].First : _next;
            _writer.Write(identity, RecordHeader.Compose([_classes[i].First, end], (ulong)identity, 0, []));
            identity++;
        }

        _writer.Write(0, RecordHeader.Compose([_next, identity], 0, 1, []));
        new PropertyFile(_classes.Count, FaceDataset.Side, FaceDataset.Side).Write(Path.Combine(_folder, "property"));
        File.WriteAllLines(Path.Combine(_folder, RecordDataset.ClassNamesFile), _classes.Select(known => known.Name));
        _writer.Complete();
    }

    /// <summary>Closes the files and deletes what is not complete.</summary>
    public void Dispose() => _writer.Dispose();
}
