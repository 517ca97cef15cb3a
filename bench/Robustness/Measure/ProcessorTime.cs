using System.Globalization;

namespace FaceCluster.Robustness.Measure;

/// <summary>Processor time of a process and of everything it started, as Linux counts it; 0 elsewhere.</summary>
internal static class ProcessorTime
{
    /// <summary>Ticks of <c>/proc</c> in a second; 100 on every Linux that .NET runs on.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Seconds used so far by a process, its children that live and those it has waited for.</summary>
    public static double OfTree(int processId)
    {
        if (!Directory.Exists("/proc/self"))
        {
            return 0;
        }

        var all = new Dictionary<int, (int Parent, long Own, long Waited)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && Read(Path.Combine(folder, "stat")) is { } times)
            {
                all[id] = times;
            }
        }

        return Sum(processId) / TicksPerSecond;

        long Sum(int id) => all.TryGetValue(id, out var own)
            ? own.Own + own.Waited + all.Where(other => other.Value.Parent == id).Sum(child => Sum(child.Key))
            : 0;
    }

    private static (int Parent, long Own, long Waited)? Read(string file)
    {
        try
        {
            // The name in parentheses may hold anything; the fields are counted from its end (proc(5)).
            var text = File.ReadAllText(file);
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (Number(1), Number(11) + Number(12), Number(13) + Number(14));

            int Number(int field) => (int)long.Parse(fields[field], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
