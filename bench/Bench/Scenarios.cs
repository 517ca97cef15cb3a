using FaceCluster.Bench.Clustering;
using FaceCluster.Bench.Ingest;
using FaceCluster.Bench.Search;
using FaceCluster.Bench.Storage;
using FaceCluster.Bench.Vision;

namespace FaceCluster.Bench;

/// <summary>
/// The scenarios by name. Each prints lines of figures as ratios to a peer or a limit measured in the same run, and
/// returns 0 where its bar was met.
/// </summary>
internal static class Scenarios
{
    private static readonly SortedDictionary<string, (string Help, Func<string[], Task<int>> Run)> ByName = new()
    {
        ["append"] = ("appends and searches, alone and together", SearchScenario.Named("append")),
        ["cluster-ablation"] = ("[--passes] FOLDER...  level two with one part left out at a time; --passes: only what was tried besides", AblationScenario.RunAsync),
        ["cluster-gcnv"] = ("FILE  the GCN-V forward pass against golden values", GcnvScenario.RunAsync),
        ["cluster-live"] = ("[FACES...]  inserts into a live level two, apart from search", LiveSpeedScenario.RunAsync),
        ["cluster-peers"] = ("TUNE-FOLDER FOLDER...  other methods on the same embeddings", PeersScenario.RunAsync),
        ["cluster-pictures"] = ("FOLDER OUT  the pictures of docs/clustering.md", PicturesScenario.RunAsync),
        ["cluster-retention"] = ("FOLDER...  faces of named identities that keep their name when a threshold changes", RetentionScenario.RunAsync),
        ["cluster-speed"] = ("[FACES...]  clustering apart from the neighbour graph, and incremental inserts", ClusterSpeedScenario.RunAsync),
        ["knn"] = ("the neighbour graph of whole sets", SearchScenario.Named("knn")),
        ["limits"] = ("memory bandwidth and multiply-add peaks of this machine", SearchScenario.Named("limits")),
        ["link"] = ("linking batches of new faces against all faces", SearchScenario.Named("link")),
        ["search"] = ("exact search by number of faces and batch", SearchScenario.Named("search")),
        ["shared-scans"] = ("[FACES [SECONDS [ROUNDS]]]  concurrent searches of one shard with and without shared scans", SharedScanScenario.RunAsync),
        ["storage"] = ("[FOLDER] [--json]  durable embeddings a second against the disk alone and against SQLite; recovery", StorageScenario.RunAsync),
        ["vision-embed"] = ("embeddings a second through the engine against a bare ONNX Runtime loop", EmbeddingScenario.RunAsync),
        ["vision-frames"] = ("frames a second against the sum of their model times", FrameScenario.RunAsync),
        ["ingest"] = ("[SECONDS [FACES]]  embeddings through gRPC to the log, against memory only; linking as it grows", IngestScenario.RunAsync),
        ["growth"] = ("[FACES [DATABASE]]  cost of one more face and of a search as the gallery grows over 16 shards", GrowthScenario.RunAsync),
        ["vision-parity"] = ("FOLDER  embeddings of a folder of face crops against reference embeddings", ParityScenario.RunAsync),
    };

    /// <summary>Runs the scenario that the first argument names with the arguments after it.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length > 0 && ByName.TryGetValue(args[0], out var scenario))
        {
            return await scenario.Run(args[1..]);
        }

        Console.WriteLine("usage: FaceCluster.Bench SCENARIO [ARGUMENTS]");
        foreach (var (name, (help, _)) in ByName)
        {
            Console.WriteLine($"  {name,-20} {help}");
        }

        return args.Length == 0 ? 0 : 2;
    }
}
