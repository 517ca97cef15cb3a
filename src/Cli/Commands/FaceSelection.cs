using System.CommandLine;

namespace FaceCluster.Cli.Commands;

/// <summary>Which stored faces a command is about: single ones, or all of a cluster.</summary>
internal sealed class FaceSelection
{
    private readonly Option<string[]> _faces = new("--face")
    {
        Description = "Id of a face; may be repeated.",
        HelpName = "ID",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "Id of a cluster: all of its faces.",
        HelpName = "ID",
    };

    /// <summary>Adds the options.</summary>
    public FaceSelection(Command command, bool required)
    {
        command.Options.Add(_faces);
        command.Options.Add(_cluster);
        command.Validators.Add(result =>
        {
            var (faces, cluster) = (result.GetResult(_faces) is not null, result.GetResult(_cluster) is not null);
            if (faces && cluster)
            {
                result.AddError("--face and --cluster exclude each other.");
            }
            else if (required && !faces && !cluster)
            {
                result.AddError("--face or --cluster is required.");
            }
        });
    }

    /// <summary>The chosen faces.</summary>
    public IEnumerable<string> Faces(ParseResult parse, Func<string, string> fullName) => (parse.GetValue(_faces) ?? []).Select(fullName);

    /// <summary>The chosen cluster; empty for none.</summary>
    public string Cluster(ParseResult parse, Func<string, string> fullName) => parse.GetValue(_cluster) is { } cluster ? fullName(cluster) : "";
}
