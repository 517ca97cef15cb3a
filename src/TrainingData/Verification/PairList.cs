using System.Globalization;

namespace FaceCluster.TrainingData.Verification;

/// <summary>
/// Pairs named in a text file, in one of two forms: that of Labeled Faces in the Wild (an optional first line of counts;
/// <c>name 1 4</c> for one person, <c>name 1 other 2</c> for two), or <c>file file 1</c> with 1 for one person and 0 for two.
/// </summary>
public sealed class PairList : VerificationSet
{
    private readonly string _file;
    private readonly string[] _paths;

    private PairList(string file, string[] paths, VerificationPair[] pairs)
    {
        _file = file;
        _paths = paths;
        Pairs = pairs;
    }

    /// <inheritdoc/>
    public override string Name => _file;

    /// <inheritdoc/>
    public override int PictureCount => _paths.Length;

    /// <inheritdoc/>
    public override IReadOnlyList<VerificationPair> Pairs { get; }

    /// <summary>The file of each picture.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>Reads a list; pictures are looked for in <paramref name="folder"/>, directly or in a folder a person.</summary>
    /// <exception cref="TrainingDataException">A line has another form, or a picture is missing; the line is named.</exception>
    public static PairList Open(string file, string folder)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{file} cannot be read: {error.Message}", error);
        }

        var pictures = new Dictionary<string, int>(StringComparer.Ordinal);
        var paths = new List<string>();
        var pairs = new List<VerificationPair>();
        for (var i = 0; i < lines.Length; i++)
        {
            var fields = lines[i].Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0 || (i == 0 && IsCounts(fields)))
            {
                continue;
            }

            var (left, right, same) = Parse(fields) ?? throw new TrainingDataException(
                $"{file}, line {i + 1} is neither 'name number number', 'name number name number' nor 'file file 0|1'.");
            pairs.Add(new VerificationPair(Number(left, i), Number(right, i), same));
        }

        return pairs.Count > 0 ? new PairList(file, [.. paths], [.. pairs]) : throw new TrainingDataException($"{file} names no pairs.");

        int Number(string[] candidates, int line)
        {
            if (!pictures.TryGetValue(candidates[0], out var number))
            {
                number = paths.Count;
                paths.Add(candidates.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
                    ?? throw new TrainingDataException($"{file}, line {line + 1}: there is no picture {candidates[0]} in {folder}."));
                pictures.Add(candidates[0], number);
            }

            return number;
        }
    }

    /// <inheritdoc/>
    public override string Describe(int picture) => _paths[picture];

    /// <inheritdoc/>
    public override byte[] ReadEncoded(int picture)
    {
        try
        {
            return File.ReadAllBytes(_paths[picture]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{_paths[picture]} cannot be read: {error.Message}", error);
        }
    }

    private static bool IsCounts(string[] fields) => fields.Length <= 2 && fields.All(field => TryNumber(field, out _));

    private static (string[] Left, string[] Right, bool Same)? Parse(string[] fields)
    {
        if (fields.Length == 4 && TryNumber(fields[1], out var one) && TryNumber(fields[3], out var other))
        {
            return (Candidates(fields[0], one), Candidates(fields[2], other), false);
        }

        if (fields.Length != 3)
        {
            return null;
        }

        // 'name 1 2' and 'file file 1' both have three fields; only in the first is the second a number.
        if (TryNumber(fields[1], out var first) && TryNumber(fields[2], out var second))
        {
            return (Candidates(fields[0], first), Candidates(fields[0], second), true);
        }

        return fields[2] is "0" or "1" ? ([fields[0]], [fields[1]], fields[2] == "1") : null;
    }

    private static string[] Candidates(string name, int number)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"{name}_{number:D4}");
        return [file + ".jpg", Path.Combine(name, file + ".jpg"), file + ".png", Path.Combine(name, file + ".png")];
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
