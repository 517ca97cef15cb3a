using System.Diagnostics;
using System.Globalization;

namespace FaceCluster.Index.Benchmarking;

/// <summary>Largest resident memory of this process so far.</summary>
internal static class PeakMemory
{
    /// <summary>In units of 2^20 bytes: VmHWM on Linux.</summary>
    public static double Megabytes
    {
        get
        {
            if (OperatingSystem.IsLinux())
            {
                var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
                return double.Parse(line.AsSpan(6).TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024;
            }

            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64 / 1048576.0;
        }
    }
}
