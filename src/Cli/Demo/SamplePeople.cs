using System.Text.Json;
using SkiaSharp;

namespace FaceCluster.Cli.Demo;

/// <summary>
/// The ground truth of the sample photographs: where the faces are and which of them are of one person. It is marked in
/// <c>people.json</c> and does not depend on the models that the demonstration measures.
/// </summary>
/// <param name="Photographs">The six photographs.</param>
/// <param name="Undecided">Pairs of labels of which nobody can say whether they are one person; they count as two.</param>
public sealed record SamplePeople(IReadOnlyList<SamplePhotograph> Photographs, IReadOnlyList<(string First, string Second)> Undecided)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>Reads the truth that is built into the program.</summary>
    public static SamplePeople Load()
    {
        using var stream = typeof(SamplePeople).Assembly.GetManifestResourceStream("people.json")
            ?? throw new InvalidOperationException("people.json is not built in.");
        var file = JsonSerializer.Deserialize<PeopleFile>(stream, Options)!;
        return new SamplePeople(
            [.. file.Photographs.Select(photograph => new SamplePhotograph(
                photograph.File,
                new SKSizeI(photograph.Width, photograph.Height),
                [.. photograph.Faces.Select(face => new MarkedFace(face.Person, SKRect.Create(face.Box[0], face.Box[1], face.Box[2], face.Box[3])))]))],
            [.. file.Undecided.Select(pair => (pair[0], pair[1]))]);
    }

    /// <summary>The label with undecided pairs taken for one person.</summary>
    public string Merge(string label) => Undecided.FirstOrDefault(pair => pair.Second == label) is { First: { } first } ? first : label;

    private sealed record PeopleFile(IReadOnlyList<PhotographEntry> Photographs, IReadOnlyList<string[]> Undecided);

    private sealed record PhotographEntry(string File, int Width, int Height, IReadOnlyList<FaceEntry> Faces);

    private sealed record FaceEntry(string Person, float[] Box);
}
