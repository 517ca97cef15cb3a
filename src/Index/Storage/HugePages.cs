using System.Runtime.InteropServices;

namespace FaceCluster.Index.Storage;

/// <summary>
/// Asks the kernel for 2 MB pages under a large array. A scan touches a new 4 KB page every eight rows of codes, and
/// under virtualisation each of those translations costs as much as the read itself: batches of 64 were a quarter
/// faster with large pages. A hint only; elsewhere than on Linux, or where it is refused, nothing happens.
/// </summary>
internal static partial class HugePages
{
    private const long PageSize = 2 << 20;
    private const int Advice = 14; // MADV_HUGEPAGE

    /// <summary>Call it before the memory is first written: pages are chosen when they are first touched.</summary>
    public static void Advise(nint address, long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var start = address & ~(PageSize - 1);
        var end = (address + bytes + PageSize - 1) & ~(PageSize - 1);
        _ = Madvise((nint)start, (nuint)(end - start), Advice);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nuint length, int advice);
}
