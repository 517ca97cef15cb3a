using System.Globalization;

namespace FaceCluster.TrainingData.Datasets;

/// <summary>Finds pictures and their classes in folders, file names and lists. Classes are numbered by name, ordinally.</summary>
public static class PictureLists
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>
    /// A folder in one of two forms: one folder a person with that person's pictures in it, or pictures named
    /// <c>Name_0001.jpg</c> where what stands before the last underscore is the person.
    /// </summary>
    /// <exception cref="TrainingDataException">It is neither, or both at once.</exception>
    public static PictureListDataset FromFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new TrainingDataException($"There is no folder {folder}.");
        }

        var flat = Pictures(folder, SearchOption.TopDirectoryOnly);
        var nested = Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
            .SelectMany(person => Pictures(person, SearchOption.AllDirectories).Select(path => (Person: Path.GetFileName(person), Path: path))).ToArray();
        if (flat.Length > 0 && nested.Length > 0)
        {
            throw new TrainingDataException(
                $"{folder} holds pictures beside folders of pictures ({Path.GetFileName(flat[0])}, {nested[0].Person}/): give each person a folder, or name all files Name_0001.jpg.");
        }

        return nested.Length > 0 ? Number(folder, nested) : Number(folder, [.. flat.Select(path => (IdentityOf(path), path))]);
    }

    /// <summary>
    /// A comma-separated list with a header that names the columns <c>path</c> and <c>label</c> (any others are passed
    /// over); paths are relative to the list. Labels that are all whole numbers are classes 0 to the largest; otherwise
    /// they are names.
    /// </summary>
    /// <exception cref="TrainingDataException">A column is missing, a row has too few fields, or a class is negative; the line is named.</exception>
    public static PictureListDataset FromCsv(string file)
    {
        var lines = ReadLines(file);
        var header = lines.Length == 0 ? [] : CsvLine.Split(lines[0], file, 1);
        var (path, label) = (Column(header, "path", file), Column(header, "label", file));
        var rows = new List<(string Label, string Path, int Line)>();
        for (var i = 1; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
            {
                continue;
            }

            var fields = CsvLine.Split(lines[i], file, i + 1);
            if (fields.Length <= Math.Max(path, label))
            {
                throw new TrainingDataException($"{file}, line {i + 1}: {fields.Length} fields; {Math.Max(path, label) + 1} are needed.");
            }

            rows.Add((fields[label], fields[path], i + 1));
        }

        return Labelled(file, rows);
    }

    /// <summary>
    /// A list of <c>path label</c> lines, separated by blanks or a tab, or of MagFace's form <c>path 0 label 0</c>; paths
    /// are relative to the list.
    /// </summary>
    /// <exception cref="TrainingDataException">A line has another form; it is named.</exception>
    public static PictureListDataset FromList(string file)
    {
        var rows = new List<(string Label, string Path, int Line)>();
        foreach (var (line, number) in ReadLines(file).Select((line, i) => (line, i + 1)))
        {
            var fields = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            switch (fields.Length)
            {
                case 0:
                    break;
                case 2:
                    rows.Add((fields[1], fields[0], number));
                    break;
                case 4 when fields[1] == "0" && fields[3] == "0":
                    rows.Add((fields[2], fields[0], number));
                    break;
                default:
                    throw new TrainingDataException($"{file}, line {number}: {fields.Length} fields; 'path label' or 'path 0 label 0' is needed.");
            }
        }

        return Labelled(file, rows);
    }

    /// <summary>The person that a picture's name tells by the form <c>Name_0001.jpg</c>.</summary>
    /// <exception cref="TrainingDataException">The name has another form.</exception>
    public static string IdentityOf(string path) => TryIdentityOf(path)
        ?? throw new TrainingDataException($"{path} does not tell whom it shows: name it Name_0001.jpg, or put each person's pictures into a folder.");

    /// <summary>The same, or null where the name has another form.</summary>
    public static string? TryIdentityOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var cut = name.LastIndexOf('_');
        return cut > 0 && cut < name.Length - 1 && name.AsSpan(cut + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? name[..cut] : null;
    }

    /// <summary>Whether a file is a picture by its name.</summary>
    public static bool IsPicture(string path) => Extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    private static string[] Pictures(string folder, SearchOption option) =>
        [.. Directory.EnumerateFiles(folder, "*", option).Where(IsPicture).Order(StringComparer.Ordinal)];

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingDataException($"{file} cannot be read: {error.Message}", error);
        }
    }

    private static int Column(string[] header, string name, string file)
    {
        var at = Array.FindIndex(header, field => field.Trim().Equals(name, StringComparison.OrdinalIgnoreCase));
        return at >= 0 ? at : throw new TrainingDataException($"{file}: the header has no column '{name}'; it must name 'path' and 'label'.");
    }

    private static PictureListDataset Labelled(string file, List<(string Label, string Path, int Line)> rows)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var numbers = new int[rows.Count];
        for (var i = 0; i < rows.Count; i++)
        {
            if (!int.TryParse(rows[i].Label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return Number(file, [.. rows.Select(row => (row.Label, Path.Combine(folder, row.Path)))]);
            }

            // Nobody has a hundred million people; a stray number would ask for a class weight for each.
            if (numbers[i] is < 0 or >= 100_000_000)
            {
                throw new TrainingDataException($"{file}, line {rows[i].Line}: the label {rows[i].Label} is out of range; it must be 0 to 99,999,999.");
            }
        }

        var classes = rows.Count == 0 ? 0 : numbers.Max() + 1;
        return new PictureListDataset(
            file,
            [.. rows.Select(row => Path.Combine(folder, row.Path))],
            numbers,
            [.. Enumerable.Range(0, classes).Select(label => label.ToString(CultureInfo.InvariantCulture))]);
    }

    private static PictureListDataset Number(string name, (string Person, string Path)[] pictures)
    {
        string[] classes = [.. pictures.Select(picture => picture.Person).Distinct().Order(StringComparer.Ordinal)];
        var numbers = classes.Select((person, i) => (person, i)).ToDictionary(entry => entry.person, entry => entry.i, StringComparer.Ordinal);
        return new PictureListDataset(name, [.. pictures.Select(picture => picture.Path)], [.. pictures.Select(picture => numbers[picture.Person])], classes);
    }
}
