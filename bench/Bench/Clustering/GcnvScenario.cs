using System.Text.Json;
using FaceCluster.Bench.Clustering.Peers;

namespace FaceCluster.Bench.Clustering;

/// <summary>Compares the GCN-V forward pass with golden values (gcnv.json).</summary>
internal static class GcnvScenario
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length != 1)
        {
            Console.WriteLine("name the file gcnv.json");
            return 2;
        }

        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(arguments[0]));
        var model = golden.RootElement.GetProperty("gcn_v");
        var weights = model.GetProperty("weights");
        var net = new GcnV(
            Matrix(weights, "conv1.weight"), Values(weights, "conv1.bias"),
            Matrix(weights, "classifier.0.weight"), Values(weights, "classifier.0.bias"),
            Values(weights, "classifier.1.weight"), Values(weights, "classifier.2.weight"), Values(weights, "classifier.2.bias")[0]);
        var predicted = net.Predict(
            Rows(golden.RootElement.GetProperty("inputs").GetProperty("features_normalised")),
            Rows(golden.RootElement.GetProperty("adjacency_row_normalised")));
        var expected = Numbers(model.GetProperty("float64").GetProperty("prediction"));
        var error = predicted.Zip(expected, (a, b) => Math.Abs(a - b)).Max();
        Console.WriteLine($"GCN-V forward: {predicted.Length} confidences, largest difference from the golden values {error:E1}");
        return error < 1e-9 ? 0 : 1;
    }

    private static double[] Values(JsonElement weights, string name) => Numbers(weights.GetProperty(name).GetProperty("values"));

    private static double[][] Matrix(JsonElement weights, string name)
    {
        var values = Values(weights, name);
        var columns = weights.GetProperty(name).GetProperty("shape")[1].GetInt32();
        return [.. values.Chunk(columns)];
    }

    private static double[][] Rows(JsonElement rows) => [.. rows.EnumerateArray().Select(Numbers)];

    private static double[] Numbers(JsonElement array) =>
        [.. array.EnumerateArray().SelectMany(e => e.ValueKind == JsonValueKind.Array ? Numbers(e) : [e.GetDouble()])];
}
