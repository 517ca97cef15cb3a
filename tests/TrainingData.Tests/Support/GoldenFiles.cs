using System.Security.Cryptography;
using System.Text.Json;

namespace FaceCluster.TrainingData.Tests.Support;

/// <summary>The sample files made with the official layouts, and what they hold.</summary>
internal static class GoldenFiles
{
    public static JsonElement Description { get; } =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "recordio_and_bin.json"))).RootElement;

    public static string At(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "files", name);

    public static string Sha256(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
