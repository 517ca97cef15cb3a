using System.Runtime.InteropServices;
using TorchSharp;

namespace FaceCluster.Training.Runtime;

/// <summary>
/// Loads the native half of TorchSharp. TorchSharp itself answers every failure with advice to add a package; here the system's
/// own reason is found and said.
/// </summary>
public static class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <summary>Loads libtorch and TorchSharp's native library; later calls return at once.</summary>
    /// <exception cref="TorchUnavailableException">A library is missing or does not fit this system; the message says which.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_loaded)
            {
                return;
            }

            try
            {
                using var probe = torch.zeros(1);
                _loaded = true;
            }
            catch (Exception exception) when (exception is NotSupportedException or TypeInitializationException or DllNotFoundException)
            {
                throw new TorchUnavailableException(Explain(FindLibrary()), exception);
            }
        }
    }

    /// <summary>The version of libtorch and the number of threads it computes with, for reports.</summary>
    public static string Describe()
    {
        EnsureLoaded();
        return $"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)} (libtorch 2.10.0), {torch.get_num_threads()} threads";
    }

    /// <summary>The sentence for a native library that does not load: tries it and words the loader's answer.</summary>
    /// <param name="library">Path of libLibTorchSharp.so, or null where no such file lies beside the program.</param>
    internal static string Explain(string? library)
    {
        if (library is null)
        {
            return "The training library cannot start: libLibTorchSharp.so is not beside the program. Build it with ./build.sh build, or "
                + "publish src/Trainer; copying only the .dll files is not enough.";
        }

        try
        {
            NativeLibrary.Free(NativeLibrary.Load(library));
            return $"The training library cannot start although '{library}' loads: the libtorch files beside it do not belong to TorchSharp 0.107.0, which needs 2.10.0.";
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return Word(library, exception.Message);
        }
    }

    /// <summary>Turns what the system's loader answered into one sentence with the way out.</summary>
    internal static string Word(string library, string answer)
    {
        if (answer.Contains("GLIBCXX", StringComparison.Ordinal))
        {
            return $"The training library cannot start: '{library}' was built for a newer C++ library (libstdc++) than this system has. Build the program "
                + "from this repository, which relaxes that demand, or use Ubuntu 24.04, Debian 13 or newer. "
                + $"The loader said: {FirstLine(answer)}";
        }

        if (answer.Contains("libtorch", StringComparison.Ordinal) || answer.Contains("libc10", StringComparison.Ordinal))
        {
            return $"The training library cannot start: a file of libtorch 2.10.0 is missing beside '{library}'. Build the program again with ./build.sh build. "
                + $"The loader said: {FirstLine(answer)}";
        }

        return $"The training library cannot start: '{library}' does not load on this system. The loader said: {FirstLine(answer)}";
    }

    private static string FirstLine(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.Find(lines, line => line.Contains("version `", StringComparison.Ordinal) || line.Contains("cannot open", StringComparison.Ordinal)) ?? lines[0];
    }

    private static string? FindLibrary()
    {
        var root = AppContext.BaseDirectory;
        string[] places = [root, Path.Combine(root, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"), Path.Combine(root, "runtimes", "linux-x64", "native")];
        return places.Select(place => Path.Combine(place, "libLibTorchSharp.so")).FirstOrDefault(File.Exists);
    }
}
