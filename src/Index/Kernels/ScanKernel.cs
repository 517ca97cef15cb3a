namespace FaceCluster.Index.Kernels;

/// <summary>The kernels a scan can run on. All give identical answers.</summary>
internal enum ScanKernel
{
    Portable,
    Neon,
    Avx2,
    Avx512,
    Vnni,
}

/// <summary>Something to do with a kernel that is only known at run time.</summary>
internal interface IKernelOperation<out TResult>
{
    TResult Run<TKernel>()
        where TKernel : struct, ITileKernel;
}

internal static class KernelSelection
{
    /// <summary>The fastest kernel of this processor.</summary>
    public static ScanKernel Best { get; } =
        Tile256Kernel<VnniStep>.IsSupported ? ScanKernel.Vnni
        : Avx512Kernel.IsSupported ? ScanKernel.Avx512
        : Tile256Kernel<Avx2Step>.IsSupported ? ScanKernel.Avx2
        : NeonKernel.IsSupported ? ScanKernel.Neon
        : ScanKernel.Portable;

    public static bool IsSupported(ScanKernel kernel) => Run<SupportQuery, bool>(kernel, default);

    public static TResult Run<TOperation, TResult>(ScanKernel kernel, TOperation operation)
        where TOperation : IKernelOperation<TResult> => kernel switch
        {
            ScanKernel.Vnni => operation.Run<Tile256Kernel<VnniStep>>(),
            ScanKernel.Avx512 => operation.Run<Avx512Kernel>(),
            ScanKernel.Neon => operation.Run<NeonKernel>(),
            ScanKernel.Avx2 => operation.Run<Tile256Kernel<Avx2Step>>(),
            _ => operation.Run<PortableKernel>(),
        };

    private readonly struct SupportQuery : IKernelOperation<bool>
    {
        public bool Run<TKernel>()
            where TKernel : struct, ITileKernel => TKernel.IsSupported;
    }
}
