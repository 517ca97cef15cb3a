using System.Runtime.InteropServices;

namespace FaceCluster.Index.Faiss;

/// <summary>Owns a native index.</summary>
internal sealed class FaissHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        FaissNative.Free(handle);
        return true;
    }
}
