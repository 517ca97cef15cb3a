using Spectre.Console;

namespace FaceCluster.Cli.CommandLine;

/// <summary>
/// Where a command writes: results to the output, everything else (progress, notes, errors) to the error stream, so
/// that results can be piped.
/// </summary>
/// <param name="output">Takes results.</param>
/// <param name="error">Takes progress, notes and errors.</param>
/// <param name="showsProgress">Whether a person watches the error stream; otherwise no progress is drawn.</param>
public sealed class CliConsole(TextWriter output, TextWriter error, bool showsProgress)
{
    /// <summary>Width of tables where the output is not a terminal, in characters.</summary>
    private const int RedirectedWidth = 160;

    /// <summary>The console of the process.</summary>
    public static CliConsole Standard { get; } =
        new(Console.Out, Console.Error, !Console.IsErrorRedirected && !Console.IsOutputRedirected);

    /// <summary>Takes results.</summary>
    public TextWriter Output { get; } = output;

    /// <summary>Takes progress, notes and errors.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Whether progress bars are drawn.</summary>
    public bool ShowsProgress { get; } = showsProgress;

    /// <summary>A Spectre console over the output, plain where the output is no terminal.</summary>
    public IAnsiConsole Results => Create(Output);

    /// <summary>A Spectre console over the error stream.</summary>
    public IAnsiConsole Notes => Create(Error);

    /// <summary>Writes a line that is no result.</summary>
    public void Note(string text) => Error.WriteLine(text);

    private IAnsiConsole Create(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ShowsProgress ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = ShowsProgress ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = ShowsProgress ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!ShowsProgress)
        {
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }
}
