using System.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary>The folder in which a server on this machine keeps everything.</summary>
internal static class DataOption
{
    /// <summary>The option.</summary>
    public static Option<string> Create() => new("--data")
    {
        Description = "Folder of all data (or FACECLUSTER_DATA); one server at a time uses it.",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("FACECLUSTER_DATA") is { Length: > 0 } folder
            ? folder
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "facecluster"),
    };

    /// <summary>An option for a TCP port, 0 to 65535.</summary>
    public static Option<int?> Port(string name, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "PORT" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 0 or > 65535)
            {
                result.AddError($"{name} must be 0 to 65535.");
            }
        });
        return option;
    }
}
