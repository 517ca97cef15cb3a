namespace FaceCluster.Testing;

/// <summary>
/// Measuring data (real faces, reference vectors) that lives outside the repository: the folder named by
/// FACECLUSTER_SHARED, else <c>shared</c> beside the checkout. A user's machine has none; tests that need it skip.
/// </summary>
public static class SharedData
{
    /// <summary>The sentence a skipped test gives.</summary>
    public const string SkipReason = "The measuring data is not on this machine (set FACECLUSTER_SHARED to its folder).";

    /// <summary>The folder, or null where the machine has none.</summary>
    public static string? Root { get; } = Find();

    /// <summary>The full path of a file or folder below the root, or null where it does not exist.</summary>
    public static string? Path(params string[] parts)
    {
        if (Root is null)
        {
            return null;
        }

        var path = System.IO.Path.Combine([Root, .. parts]);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <summary>The root of the checkout: the nearest folder upwards that holds the solution.</summary>
    public static string RepositoryRoot { get; } = FindRepository();

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("FACECLUSTER_SHARED");
        if (!string.IsNullOrEmpty(named))
        {
            return Directory.Exists(named) ? named : null;
        }

        var beside = System.IO.Path.GetFullPath(System.IO.Path.Combine(FindRepository(), "..", "shared"));
        return Directory.Exists(beside) ? beside : null;
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "FaceCluster.sln")))
            {
                return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
