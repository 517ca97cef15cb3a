using System.Runtime.InteropServices;

namespace FaceCluster.Core;

/// <summary>
/// Asks the kernel for 2 MB pages under a large array. A scan touches a new 4 KB page every eight rows of codes, and
/// under virtualisation each of those translations costs as much as the read itself: batches of 64 were a quarter
/// faster with large pages. A hint only; elsewhere than on Linux, or where it is refused, nothing happens.
/// Filling memory is another matter: a guest whose host takes free pages back gets 2 MB pages at a tenth of the speed of
/// small ones, so memory is filled first and put on large pages afterwards.
/// </summary>
public static partial class HugePages
{
    private const long PageSize = 2 << 20;
    private const int AdviseHuge = 14; // MADV_HUGEPAGE
    private const int CollapseNow = 25; // MADV_COLLAPSE, Linux 6.1

    /// <summary>Call it before the memory is first written: pages are chosen when they are first touched.</summary>
    public static void Advise(nint address, long bytes) => Ask(address, bytes, AdviseHuge);

    /// <summary>Moves memory that has been written onto large pages, or has the kernel do so by and by where it cannot at once.</summary>
    public static void Collapse(nint address, long bytes)
    {
        if (!Ask(address, bytes, CollapseNow))
        {
            Ask(address, bytes, AdviseHuge);
        }
    }

    private static bool Ask(nint address, long bytes, int advice)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var start = address & ~(PageSize - 1);
        var end = (address + bytes + PageSize - 1) & ~(PageSize - 1);
        return Madvise((nint)start, (nuint)(end - start), advice) == 0;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nuint length, int advice);
}
