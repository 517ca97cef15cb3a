using System.Text.Encodings.Web;
using System.Text.Json;
using FaceCluster.Cli.Remote;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Cli.Backups;

/// <summary>The identities of a backup or export: <c>identities.json</c>, a list of objects.</summary>
internal static class IdentityFile
{
    public const string FileName = "identities.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static async Task WriteAsync(string folder, IReadOnlyList<BackupIdentity> identities, CancellationToken cancellation)
    {
        await using var stream = new FileStream(Path.Combine(folder, FileName), FileMode.CreateNew);
        await JsonSerializer.SerializeAsync(stream, identities.Select(Entry.Of), Json, cancellation);
        stream.Flush(flushToDisk: true);
    }

    public static async Task<IReadOnlyList<BackupIdentity>> ReadAsync(string folder, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(Path.Combine(folder, FileName));
        try
        {
            var entries = await JsonSerializer.DeserializeAsync<Entry[]>(stream, Json, cancellation) ?? [];
            return [.. entries.Select(static entry => entry.ToWire())];
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new InvalidDataException($"{FileName} is damaged: {error.Message}", error);
        }
    }

    private sealed record Entry(string Id, string DisplayName, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Faces)
    {
        public static Entry Of(BackupIdentity part) => new(
            ResourceNames.Id(part.Identity.Name),
            part.Identity.DisplayName,
            new SortedDictionary<string, string>(part.Identity.Labels.ToDictionary(pair => pair.Key, pair => pair.Value), StringComparer.Ordinal),
            [.. part.Faces.Select(static id => Convert.ToHexStringLower(id.Span))]);

        public BackupIdentity ToWire()
        {
            var part = new BackupIdentity { Identity = new Identity { Name = Id, DisplayName = DisplayName } };
            foreach (var (key, value) in Labels)
            {
                part.Identity.Labels[key] = value;
            }

            part.Faces.AddRange(Faces.Select(static id => ByteString.CopyFrom(Convert.FromHexString(id))));
            return part;
        }
    }
}
