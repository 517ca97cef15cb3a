using System.Text;

namespace FaceCluster.TrainingData.Datasets;

/// <summary>One line of a comma-separated file (RFC 4180 without line breaks inside fields).</summary>
internal static class CsvLine
{
    /// <summary>The fields of a line.</summary>
    /// <exception cref="TrainingDataException">A quote is not closed.</exception>
    public static string[] Split(string line, string file, int number)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (quoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"')
            {
                field.Append('"');
                i++;
            }
            else if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        if (quoted)
        {
            throw new TrainingDataException($"{file}, line {number}: a quote is not closed.");
        }

        fields.Add(field.ToString());
        return [.. fields];
    }
}
