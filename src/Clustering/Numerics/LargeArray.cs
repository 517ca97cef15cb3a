using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Arrays that are read all over the place: the large ones lie on large pages where the system has them.</summary>
internal static class LargeArray
{
    private const long Large = 64 << 20;

    /// <summary>An array whose content is left to the caller.</summary>
    public static T[] Allocate<T>(int length)
        where T : unmanaged
    {
        var bytes = (long)length * Marshal.SizeOf<T>();
        if (bytes < Large)
        {
            return GC.AllocateUninitializedArray<T>(length);
        }

        // Pinned, because the hint is about addresses.
        var array = GC.AllocateUninitializedArray<T>(length, pinned: true);
        HugePages.Advise(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0), bytes);
        return array;
    }
}
