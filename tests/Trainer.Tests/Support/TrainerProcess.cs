using System.Text.Json;
using Xunit;

namespace FaceCluster.Trainer.Tests.Support;

/// <summary>Runs the command line in this process.</summary>
internal static class TrainerProcess
{
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await TrainerCommandLine.RunAsync(arguments, output, TextWriter.Synchronized(error));
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command that must succeed and print one JSON object.</summary>
    public static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }
}
