namespace FaceCluster.Vision.Models;

/// <summary>Finds the folder that holds the model files.</summary>
public static class ModelFolder
{
    /// <summary>The environment variable that names the folder where no option does.</summary>
    public const string EnvironmentVariable = "FACECLUSTER_MODELS";

    /// <summary>
    /// The folder: <paramref name="option"/>, else the environment variable, else the nearest <c>artifacts/models</c>
    /// (or <c>models</c> beside the program) at or above the program's folder or the working folder. Null where none exists.
    /// </summary>
    public static string? Find(string? option)
    {
        if (!string.IsNullOrEmpty(option))
        {
            return option;
        }

        var named = Environment.GetEnvironmentVariable(EnvironmentVariable);
        if (!string.IsNullOrEmpty(named))
        {
            return named;
        }

        var beside = Path.Combine(AppContext.BaseDirectory, "models");
        return HasModels(beside) ? beside : Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory);
    }

    private static string? Above(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "artifacts", "models");
            if (HasModels(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private static bool HasModels(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.onnx").Any();
}
