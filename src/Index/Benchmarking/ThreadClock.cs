using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FaceCluster.Index.Benchmarking;

/// <summary>Processor time of the calling thread: what its work took, whatever else the machine was doing.</summary>
internal static partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID

    /// <summary>Seconds; wall time where the system has no such clock.</summary>
    public static double Seconds
    {
        get
        {
            if (OperatingSystem.IsLinux() && Environment.Is64BitProcess && GetTime(ThreadCpuTime, out var time) == 0)
            {
                return time.Seconds + (time.Nanoseconds * 1e-9);
            }

            return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpecification time);

    private readonly struct TimeSpecification
    {
        public readonly long Seconds;
        public readonly long Nanoseconds;
    }
}
