using System.Text.Json;

namespace FaceCluster.Evaluation.Tests;

/// <summary>Vectors made with the official implementations.</summary>
internal static class GoldenFile
{
    public static JsonElement Read(string name) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", name))).RootElement;

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetDouble())];

    public static float[] Floats(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetSingle())];

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];
}
