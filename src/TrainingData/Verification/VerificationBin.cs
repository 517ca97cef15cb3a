namespace FaceCluster.TrainingData.Verification;

/// <summary>
/// A verification set as InsightFace keeps it: a pickle of two lists, 2N encoded pictures and N truth values; pair i is
/// the pictures 2i and 2i + 1. Read by a machine that knows nothing but such lists.
/// </summary>
public sealed class VerificationBin : VerificationSet
{
    private readonly PickleSource _source;
    private readonly PickleBytes[] _pictures;

    private VerificationBin(PickleSource source, PickleBytes[] pictures, VerificationPair[] pairs)
    {
        _source = source;
        _pictures = pictures;
        Pairs = pairs;
    }

    /// <inheritdoc/>
    public override string Name => _source.Path;

    /// <inheritdoc/>
    public override int PictureCount => _pictures.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<VerificationPair> Pairs { get; }

    /// <summary>Opens a file; pictures stay on the disk until they are read.</summary>
    /// <exception cref="TrainingDataException">It is no such pickle; what was refused is named.</exception>
    public static VerificationBin Open(string path)
    {
        var source = new PickleSource(path);
        try
        {
            if (Items(new PickleReader(source).Read()) is not [var bins, var issame] || Items(bins) is not { } pictures)
            {
                throw new TrainingDataException($"{path} is not a pair of lists, pictures and truth values.");
            }

            PickleBytes[] bytes = [.. pictures.Select(picture => Bytes(picture, path))];
            var same = TruthValues(issame, source);
            if (bytes.Length != 2 * same.Length || same.Length == 0)
            {
                throw new TrainingDataException($"{path} has {bytes.Length} pictures and {same.Length} truth values; there must be two pictures for each value, and one at least.");
            }

            return new VerificationBin(source, bytes, [.. same.Select((value, i) => new VerificationPair(2 * i, (2 * i) + 1, value))]);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => $"{Name}, picture {picture}";

    /// <inheritdoc/>
    public override byte[] ReadEncoded(int picture) => _source.ReadBytes(_pictures[picture]);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private static IReadOnlyList<object>? Items(object value) => value switch
    {
        List<object> list => list,
        object[] tuple => tuple,
        _ => null,
    };

    private static PickleBytes Bytes(object value, string path) => value switch
    {
        PickleBytes bytes => bytes,
        PickleArray { Data: { } data, IsBool: false } => data,
        _ => throw new TrainingDataException($"{path} holds something else than encoded pictures in its first list."),
    };

    private static bool[] TruthValues(object value, PickleSource source) => value switch
    {
        PickleArray { Data: { } data, IsBool: true } => [.. source.ReadBytes(data).Select(item => item != 0)],
        _ when Items(value) is { } items => [.. items.Select(item => item switch
        {
            bool same => same,
            long and (0 or 1) => (long)item == 1,
            _ => throw new TrainingDataException($"{source.Path} holds something else than truth values in its second list."),
        })],
        _ => throw new TrainingDataException($"{source.Path} has no list of truth values."),
    };
}
