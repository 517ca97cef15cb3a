using System.Runtime.Intrinsics;

namespace FaceCluster.Index.Kernels;

/// <summary>
/// For processors without a kernel of their own: the four bytes of a row's group are taken apart in 32-bit lanes and
/// multiplied there. Needs nothing but portable vector operations, which the runtime emulates where it must.
/// </summary>
internal readonly unsafe struct PortableKernel : ITileKernel
{
    public static bool IsSupported => true;

    public static int QueryLimit => 127;

    public static int PanelWidth => 4;

    public static void Multiply(byte* tile, sbyte* panel, int width, int groups, int* sums)
    {
        for (var query = 0; query < width; query++)
        {
            for (var quarter = 0; quarter < 4; quarter++)
            {
                var sum = Vector128<int>.Zero;
                for (var group = 0; group < groups; group++)
                {
                    var rows = Vector128.Load((int*)(tile + (group * 64) + (quarter * 16)));
                    var codes = panel + (((group * width) + query) * 4);
                    sum += (rows & Vector128.Create(255)) * codes[0];
                    sum += (Vector128.ShiftRightLogical(rows, 8) & Vector128.Create(255)) * codes[1];
                    sum += (Vector128.ShiftRightLogical(rows, 16) & Vector128.Create(255)) * codes[2];
                    sum += Vector128.ShiftRightLogical(rows, 24) * codes[3];
                }

                sum.Store(sums + (query * 16) + (quarter * 4));
            }
        }
    }
}
