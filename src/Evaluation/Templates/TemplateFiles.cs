using System.Globalization;
using FaceCluster.TrainingData;
using FaceCluster.Vision.Geometry;

namespace FaceCluster.Evaluation.Templates;

/// <summary>A picture of the protocol with the points found in it.</summary>
/// <param name="File">Its name in the folder of loose crops.</param>
/// <param name="Points">Its five points in pixels.</param>
/// <param name="DetectionScore">The detector's score.</param>
public sealed record TemplatePicture(string File, FivePoints Points, float DetectionScore);

/// <summary>
/// The files of IARPA Janus Benchmark B and C as they are passed around for face verification: <c>ijbX_face_tid_mid.txt</c>
/// (picture, template, media), <c>ijbX_template_pair_label.txt</c> (template, template, 1 or 0) and
/// <c>ijbX_name_5pts_score.txt</c> (picture, ten coordinates, score). Lines are separated by blanks.
/// </summary>
public static class TemplateFiles
{
    /// <summary>Template and media of each picture.</summary>
    /// <exception cref="TrainingDataException">A line has another form; it is named.</exception>
    public static (string[] Files, int[] Templates, int[] Media) ReadFaces(string path)
    {
        var files = new List<string>();
        var templates = new List<int>();
        var media = new List<int>();
        foreach (var (fields, number) in Lines(path, 3, "picture, template and media"))
        {
            files.Add(fields[0]);
            templates.Add(Integer(fields[1], path, number));
            media.Add(Integer(fields[2], path, number));
        }

        return ([.. files], [.. templates], [.. media]);
    }

    /// <summary>The pairs of templates to compare, one at a time: there are millions.</summary>
    /// <exception cref="TrainingDataException">A line has another form; it is named.</exception>
    public static IEnumerable<(int Left, int Right, bool Same)> ReadPairs(string path)
    {
        foreach (var (fields, number) in Lines(path, 3, "two templates and 0 or 1"))
        {
            if (fields[2] is not ("0" or "1"))
            {
                throw new TrainingDataException($"{path}, line {number}: the label '{fields[2]}' is not 0 or 1.");
            }

            yield return (Integer(fields[0], path, number), Integer(fields[1], path, number), fields[2] == "1");
        }
    }

    /// <summary>Points and score of each picture.</summary>
    /// <exception cref="TrainingDataException">A line has another form; it is named.</exception>
    public static IEnumerable<TemplatePicture> ReadPictures(string path)
    {
        var numbers = new float[11];
        foreach (var (fields, number) in Lines(path, 12, "picture, ten coordinates and a score"))
        {
            for (var i = 0; i < numbers.Length; i++)
            {
                if (!float.TryParse(fields[i + 1], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !float.IsFinite(numbers[i]))
                {
                    throw new TrainingDataException($"{path}, line {number}: '{fields[i + 1]}' is no number.");
                }
            }

            yield return new TemplatePicture(
                fields[0],
                new FivePoints(
                    new PointF(numbers[0], numbers[1]),
                    new PointF(numbers[2], numbers[3]),
                    new PointF(numbers[4], numbers[5]),
                    new PointF(numbers[6], numbers[7]),
                    new PointF(numbers[8], numbers[9])),
                numbers[10]);
        }
    }

    /// <summary>
    /// Template and person of <c>ijbX_1N_gallery_*.csv</c> or <c>ijbX_1N_probe_mixed.csv</c>: a heading, then lines with commas that
    /// begin with the template and the person and name a picture each; every template once.
    /// </summary>
    /// <exception cref="TrainingDataException">A line has another form, or a template is of two people; it is named.</exception>
    public static IReadOnlyList<TemplatePerson> ReadPeople(string path)
    {
        if (!File.Exists(path))
        {
            throw new TrainingDataException($"There is no file {path}.");
        }

        var people = new Dictionary<int, int>();
        var number = 1;
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            number++;
            var fields = line.Split(',');
            if (line.Length == 0)
            {
                continue;
            }

            if (fields.Length < 2)
            {
                throw new TrainingDataException($"{path}, line {number} has {fields.Length} fields; template and person are needed.");
            }

            var (template, person) = (Integer(fields[0], path, number), Integer(fields[1], path, number));
            if (!people.TryAdd(template, person) && people[template] != person)
            {
                throw new TrainingDataException($"{path}, line {number}: the template {template} is of the person {person} here and of {people[template]} above.");
            }
        }

        return [.. people.Select(entry => new TemplatePerson(entry.Key, entry.Value))];
    }

    private static IEnumerable<(string[] Fields, int Number)> Lines(string path, int count, string what)
    {
        if (!File.Exists(path))
        {
            throw new TrainingDataException($"There is no file {path}.");
        }

        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var fields = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 0)
            {
                continue;
            }

            yield return fields.Length == count
                ? (fields, number)
                : throw new TrainingDataException($"{path}, line {number} has {fields.Length} fields; {what} are needed.");
        }
    }

    private static int Integer(string text, string path, int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new TrainingDataException($"{path}, line {number}: '{text}' is no whole number.");
}
