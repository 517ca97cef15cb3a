using System.CommandLine;
using System.Text.Json;
using FaceCluster.Robustness;
using FaceCluster.Robustness.Faults;
using FaceCluster.Robustness.Measure;

var seed = new Option<int>("--seed") { Description = "Where the order and the times of the faults come from.", DefaultValueFactory = _ => 1 };
var minutes = new Option<double>("--minutes") { Description = "How long load and faults last.", DefaultValueFactory = _ => 3 };
var json = new Option<bool>("--json") { Description = "Print one JSON object." };
var faults = new Option<string[]>("--fault") { Description = $"Only these: {string.Join(", ", FaultInjector.Kinds)}.", AllowMultipleArgumentsPerToken = true };
var redis = new Option<bool>("--redis") { Description = "Have the silos find each other in Redis rather than in PostgreSQL." };
faults.AcceptOnlyFromAmong([.. FaultInjector.Kinds]);
var root = new RootCommand("Runs three silos and two gateways on PostgreSQL, lets parts of them die, and checks that nothing was lost, doubled or put into a wrong cluster.");
foreach (var option in new Option[] { seed, minutes, json, faults, redis })
{
    root.Options.Add(option);
}

root.SetAction(async (parse, cancellation) =>
{
    var report = await RobustnessRun.RunAsync(
        new RunOptions
        {
            Seed = parse.GetValue(seed),
            Duration = TimeSpan.FromMinutes(parse.GetValue(minutes)),
            Kinds = parse.GetValue(faults) is { Length: > 0 } some ? some : FaultInjector.Kinds,
            Redis = parse.GetValue(redis),
        },
        Console.Error.WriteLine,
        cancellation);
    if (report is null)
    {
        await Console.Error.WriteLineAsync("error: PostgreSQL (Debian package postgresql) or Redis (redis-server) is missing and could not be installed.");
        return 1;
    }

    Console.WriteLine(parse.GetValue(json) ? JsonSerializer.Serialize(report) : JsonSerializer.Serialize(report, Indented.Json));
    return report.Kept ? 0 : 2;
});
var throughput = new Command("throughput", "Measures durable embeddings a second with one, two and three silos beside plain COPY.");
var silos = new Option<int[]>("--silos") { Description = "Numbers of silos to measure with.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2, 3] };
throughput.Options.Add(silos);
throughput.SetAction((parse, cancellation) => Throughput.RunAsync(parse.GetValue(silos)!, Console.WriteLine, cancellation));
var recovery = new Command("recovery", "Measures how long a shard of 100,000 faces takes to open on each store.");
recovery.SetAction((_, cancellation) => Recovery.RunAsync(Console.WriteLine, cancellation));
var store = new Command("store", "Measures the PostgreSQL store alone beside plain COPY of the same rows.");
store.SetAction((_, cancellation) => StoreAlone.RunAsync(Console.WriteLine, cancellation));
root.Subcommands.Add(store);
var split = new Command("split", "Measures what callers notice of the split of a shard of 100,000 faces.");
split.SetAction((_, cancellation) => Splitting.RunAsync(Console.WriteLine, cancellation));
root.Subcommands.Add(split);
root.Subcommands.Add(throughput);
root.Subcommands.Add(recovery);
return await root.Parse(args).InvokeAsync();

internal static class Indented
{
    public static readonly JsonSerializerOptions Json = new() { WriteIndented = true };
}
