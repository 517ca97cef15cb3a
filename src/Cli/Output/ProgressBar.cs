using FaceCluster.Cli.CommandLine;
using Spectre.Console;

namespace FaceCluster.Cli.Output;

/// <summary>A progress bar on the error stream while a person watches; nothing otherwise.</summary>
public static class ProgressBar
{
    /// <summary>Runs the work and draws how far it is.</summary>
    /// <param name="console">Where to draw.</param>
    /// <param name="title">What is being done, a few words.</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="work">The work; it reports the number of finished steps, from any thread.</param>
    public static async Task<T> RunAsync<T>(CliConsole console, string title, long total, Func<IProgress<long>, Task<T>> work)
    {
        if (!console.ShowsProgress)
        {
            return await work(new Quiet());
        }

        return await console.Notes.Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
                new CountColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
                var result = await work(new Bar(task));
                task.Value = task.MaxValue;
                return result;
            });
    }

    private sealed class Quiet : IProgress<long>
    {
        public void Report(long value)
        {
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }

    private sealed class CountColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text($"{task.Value:0}/{task.MaxValue:0}");
    }
}
