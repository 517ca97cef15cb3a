namespace FaceCluster.Index.Faiss;

/// <summary>Whether approximate indexes can be used in this process.</summary>
public static class FaissLibrary
{
    private const string HowToGet =
        "install libfaiss-dev, cmake and g++ (apt-get install libfaiss-dev cmake g++) and run eng/build-native.sh, or name the file in FACECLUSTER_FAISS_LIBRARY.";

    private static readonly Lazy<string?> Problem = new(Probe);
    private static int _threads;

    /// <summary>Whether the native library is there and fits.</summary>
    public static bool IsAvailable => Problem.Value is null;

    /// <summary>Why not, and how to get it; null where it is available.</summary>
    public static string? UnavailableReason => Problem.Value;

    /// <summary>
    /// How many threads one native call may use, in the whole process. Loads nothing: a process that never makes an
    /// index does not get the library's threads either.
    /// </summary>
    public static void LimitThreads(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Volatile.Write(ref _threads, threads);
        if (Problem is { IsValueCreated: true, Value: null })
        {
            FaissNative.SetThreads(threads);
        }
    }

    /// <exception cref="FaissException">The library is not available.</exception>
    internal static void ThrowIfUnavailable()
    {
        if (Problem.Value is { } reason)
        {
            throw new FaissException(reason);
        }
    }

    private static string? Probe()
    {
        try
        {
            var abi = FaissNative.GetAbi();
            if (abi != FaissNative.Abi)
            {
                return $"The Faiss library on this machine has interface {abi}, this program needs {FaissNative.Abi}: run eng/build-native.sh again.";
            }

            if (Volatile.Read(ref _threads) is > 0 and var threads)
            {
                FaissNative.SetThreads(threads);
            }

            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return "Approximate search needs the native library libfacecluster_faiss.so: " + HowToGet;
        }
    }
}
