using System.Diagnostics;

namespace FaceCluster.Bench.Vision;

/// <summary>
/// Time of one piece of work by the clock and by the processor. On a machine that does other things too only the
/// second says what the work cost.
/// </summary>
/// <param name="Wall">Seconds by the clock.</param>
/// <param name="Cpu">Seconds of all threads of this process.</param>
internal readonly record struct Lap(double Wall, double Cpu)
{
    public static Lap Zero => default;

    public static Lap operator +(Lap a, Lap b) => new(a.Wall + b.Wall, a.Cpu + b.Cpu);

    public static Lap operator *(Lap lap, double factor) => new(lap.Wall * factor, lap.Cpu * factor);

    /// <summary>Times work that completes before it returns.</summary>
    public static Lap Of(Action work)
    {
        var (cpu, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        work();
        return new Lap(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }

    /// <summary>Times work that runs elsewhere.</summary>
    public static async Task<Lap> OfAsync(Func<Task> work)
    {
        var (cpu, start) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        await work();
        return new Lap(Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }
}
