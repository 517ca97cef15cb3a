using FaceCluster.TrainingData.Datasets;

namespace FaceCluster.TrainingData.RecordIo;

/// <summary>
/// A training set in InsightFace's form: a record file with index and property file. Where record 0 carries two labels
/// [a, b), the pictures are records 1 to a - 1 and the records a to b - 1 name each identity's range of pictures;
/// otherwise every record is a picture.
/// </summary>
public sealed class RecordDataset : FaceDataset
{
    /// <summary>The file of class names, one a line, that this program writes beside a set it has packed.</summary>
    public const string ClassNamesFile = "classes.txt";

    private readonly RecordFile _file;
    private readonly long[] _keys;
    private readonly int[] _labels;
    private readonly string[]? _classNames;

    private RecordDataset(RecordFile file, long[] keys, int[] labels, int classCount, string[]? classNames)
    {
        _file = file;
        (_keys, _labels, _classNames) = (keys, labels, classNames);
        ClassCount = classCount;
        CheckLabels(classCount);
    }

    /// <inheritdoc/>
    public override string Name => _file.Path;

    /// <inheritdoc/>
    public override int ClassCount { get; }

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => _labels;

    /// <summary>Opens a set.</summary>
    /// <param name="path">The folder that holds <c>train.rec</c>, or a record file.</param>
    /// <exception cref="TrainingDataException">A file is missing or corrupt, the pictures are not 112x112, or a label is out of range.</exception>
    public static RecordDataset Open(string path)
    {
        var records = Directory.Exists(path) ? Path.Combine(path, "train.rec") : path;
        if (!File.Exists(records))
        {
            throw new TrainingDataException($"There is no record file {records}.");
        }

        var property = PropertyFile.Of(records);
        if (property is { } known && (known.Width != Side || known.Height != Side))
        {
            throw new TrainingDataException($"The pictures of {records} are {known.Width}x{known.Height} by its property file; {Side}x{Side} are needed.");
        }

        var file = RecordFile.Open(records);
        try
        {
            var (keys, labels) = ReadLabels(file);
            var classCount = property?.ClassCount ?? labels.Max() + 1;
            return new RecordDataset(file, keys, labels, classCount, ReadClassNames(records, classCount));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Describe(int index) => _file.Describe(_keys[index]);

    /// <inheritdoc/>
    public override string ClassName(int label) => _classNames?[label] ?? base.ClassName(label);

    /// <inheritdoc/>
    public override byte[] ReadEncoded(int index)
    {
        var payload = _file.Read(_keys[index]);
        var name = Describe(index);
        var header = RecordHeader.Parse(payload, payload.Length, name);

        // Labels of a range come from its first picture: one that says otherwise would be trained wrongly in silence.
        return header.Class(name) == _labels[index]
            ? payload[header.BodyOffset..]
            : throw new TrainingDataException($"{name} has the label {header.Class(name)}; it lies among the pictures of class {_labels[index]}.");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private static (long[] Keys, int[] Labels) ReadLabels(RecordFile file)
    {
        if (file.Contains(0) && file.ReadHeader(0) is { Flag: >= 2 } header && header.BodyOffset == file.Read(0).Length)
        {
            return ReadByIdentity(file, header);
        }

        var keys = file.Keys.ToArray();
        return (keys, [.. keys.Select(key => file.ReadHeader(key).Class(file.Describe(key)))]);
    }

    private static (long[] Keys, int[] Labels) ReadByIdentity(RecordFile file, RecordHeader header)
    {
        var (first, end) = (Bound(header, 0, file.Describe(0)), Bound(header, 1, file.Describe(0)));
        if (first < 2 || end < first)
        {
            throw new TrainingDataException($"{file.Describe(0)} says that identities are records {first} to {end - 1} and pictures 1 to {first - 1}; there are none.");
        }

        var labels = new int[first - 1];
        Array.Fill(labels, -1);
        for (var identity = first; identity < end; identity++)
        {
            var name = file.Describe(identity);
            var range = file.ReadHeader(identity);
            if (range.Labels.Length < 2)
            {
                throw new TrainingDataException($"{name} is to name an identity's first and last picture; it has {range.Labels.Length} label.");
            }

            var (from, to) = (Bound(range, 0, name), Bound(range, 1, name));
            if (from < 1 || to < from || to > first)
            {
                throw new TrainingDataException($"{name} names the pictures {from} to {to - 1}; the set has 1 to {first - 1}.");
            }

            if (to > from)
            {
                Array.Fill(labels, file.ReadHeader(from).Class(file.Describe(from)), (int)from - 1, (int)(to - from));
            }
        }

        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0)
            {
                labels[i] = file.ReadHeader(i + 1).Class(file.Describe(i + 1));
            }
        }

        return ([.. Enumerable.Range(1, labels.Length).Select(key => (long)key)], labels);
    }

    /// <summary>A bound of a range. It is a single too; writers of large sets round it, and so beyond 2^24 it cannot be told.</summary>
    private static long Bound(RecordHeader header, int which, string name)
    {
        var value = header.Labels[which];
        return value is >= 0 and <= int.MaxValue / 2 && value == MathF.Floor(value)
            ? (long)value
            : throw new TrainingDataException($"{name} names the record {value}, which is no whole number from 0 to {int.MaxValue / 2}.");
    }

    private static string[]? ReadClassNames(string records, int classCount)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(records))!, ClassNamesFile);
        if (!File.Exists(path))
        {
            return null;
        }

        var names = File.ReadAllLines(path);
        return names.Length == classCount
            ? names
            : throw new TrainingDataException($"{path} names {names.Length} classes; the set has {classCount}.");
    }
}
