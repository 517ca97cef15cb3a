using System.Reflection;
using System.Runtime.InteropServices;

namespace FaceCluster.Index.Faiss;

/// <summary>The functions of <c>native/faiss</c>.</summary>
internal static unsafe partial class FaissNative
{
    public const int Abi = 2;

    private const string Library = "facecluster_faiss";
    private const string FileName = "lib" + Library + ".so";

    static FaissNative() => NativeLibrary.SetDllImportResolver(typeof(FaissNative).Assembly, Resolve);

    [LibraryImport(Library, EntryPoint = "fc_faiss_abi")]
    public static partial int GetAbi();

    [LibraryImport(Library, EntryPoint = "fc_faiss_threads")]
    public static partial void SetThreads(int threads);

    [LibraryImport(Library, EntryPoint = "fc_faiss_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Create(int dimension, string factory, out FaissHandle index, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_free")]
    public static partial void Free(nint index);

    [LibraryImport(Library, EntryPoint = "fc_faiss_info")]
    public static partial int Info(FaissHandle index, out int dimension, out long count, out int trained);

    [LibraryImport(Library, EntryPoint = "fc_faiss_set", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Set(FaissHandle index, string name, double value, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_train")]
    public static partial int Train(FaissHandle index, long count, float* rows, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_add")]
    public static partial int Add(FaissHandle index, long count, float* rows, long* ids, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_search")]
    public static partial int Search(
        FaissHandle index, long count, float* queries, long k, float* similarities, long* ids, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_range")]
    public static partial int Range(
        FaissHandle index, float* query, float threshold, long capacity, long* ids, out long found, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_remove")]
    public static partial int Remove(FaissHandle index, long count, long* ids, out long removed, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_save", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Save(FaissHandle index, string path, byte* error, int errorSize);

    [LibraryImport(Library, EntryPoint = "fc_faiss_load", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Load(string path, out FaissHandle index, byte* error, int errorSize);

    // The named file and no other; else beside the program, what eng/build-native.sh made in the checkout, the system's
    // folders.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Library)
        {
            return 0;
        }

        if (Environment.GetEnvironmentVariable("FACECLUSTER_FAISS_LIBRARY") is { Length: > 0 } named)
        {
            return NativeLibrary.TryLoad(named, out var chosen) ? chosen : throw new DllNotFoundException($"{named} is not there or cannot be loaded.");
        }

        foreach (var path in Candidates())
        {
            if (File.Exists(path) && NativeLibrary.TryLoad(path, out var handle))
            {
                return handle;
            }
        }

        return NativeLibrary.TryLoad(FileName, assembly, search, out var system) ? system : 0;
    }

    private static IEnumerable<string> Candidates()
    {
        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "artifacts", "native", FileName);
        }
    }
}
