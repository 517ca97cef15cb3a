using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Clustering;

/// <summary>Arrays that are read all over the place: the large ones go onto large pages where the system has them.</summary>
internal static class LargeArray
{
    private const long Large = 64 << 20;

    /// <summary>An array whose content is left to the caller. Large ones are pinned, because pages are a matter of addresses.</summary>
    public static T[] Allocate<T>(int length)
        where T : unmanaged =>
        GC.AllocateUninitializedArray<T>(length, pinned: Bytes<T>(length) >= Large);

    /// <summary>To be called when an array from <see cref="Allocate"/> has been filled.</summary>
    public static void Filled<T>(T[] array)
        where T : unmanaged
    {
        if (Bytes<T>(array.Length) >= Large)
        {
            HugePages.Collapse(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0), Bytes<T>(array.Length));
        }
    }

    private static long Bytes<T>(int length) => (long)length * Marshal.SizeOf<T>();
}
