using FaceCluster.Evaluation.Embeddings;
using FaceCluster.Evaluation.Protocols;
using FaceCluster.Evaluation.Templates;
using FaceCluster.TrainingData;
using FaceCluster.Vision.Alignment;
using FaceCluster.Vision.Embedding;
using FaceCluster.Vision.Geometry;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Evaluation.Tool;

/// <summary>
/// The protocols of IJB-B and IJB-C, 1:1 and, where the files of galleries and probes are there, 1:N: pictures aligned by the points
/// that come with them, templates both ways.
/// </summary>
internal static class TemplateRun
{
    public static async Task<EvaluationResult> RunAsync(
        EvaluationRequest request, AlignedEmbedder embedder, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var images = request.Images ?? throw new TrainingDataException("The template protocol needs --images, the folder of loose crops.");
        var (files, templates, media) = TemplateFiles.ReadFaces(Find(request.TemplateFolder!, "_face_tid_mid.txt"));
        var pictures = TemplateFiles.ReadPictures(Find(request.TemplateFolder!, "_name_5pts_score.txt"))
            .GroupBy(picture => picture.File, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var source = new LooseCrops(images, [.. files.Select(file => pictures.TryGetValue(file, out var picture)
            ? picture
            : throw new TrainingDataException($"The points of {file} are missing in {request.TemplateFolder}."))]);
        var embedded = await FaceEmbedding.RunAsync(
            embedder, source, request.Flip != FlipMode.None, null, progress is null ? null : new Share(progress, source.Count), cancellationToken);
        if (embedded.Refused.Count > 0)
        {
            // A template without one of its faces would be another template.
            throw new TrainingDataException($"{embedded.Refused.Count} pictures cannot be used; the first: {embedded.Refused[0]}");
        }

        var features = Features(embedded, request.Flip);
        var dimension = features.Length / files.Length;
        if (request.DetectorWeight)
        {
            Weigh(features, dimension, [.. files.Select(file => pictures[file].DetectionScore)]);
        }

        var pairs = Find(request.TemplateFolder!, "_template_pair_label.txt");
        var results = new List<TemplateResult>();
        var searches = new List<IdentificationResult>();
        var (galleries, probes) = Identification(request.TemplateFolder!);
        foreach (var form in (TemplateForm[])[TemplateForm.Plain, TemplateForm.MagnitudeWeighted])
        {
            var set = TemplateSet.Aggregate(features, dimension, templates, media, form);
            results.Add(TemplateProtocol.Verify(set, TemplateFiles.ReadPairs(pairs), form));
            searches.AddRange(galleries.Select(gallery => IdentificationProtocol.Identify(set, gallery.People, probes, form, gallery.Name)));
            if (galleries.Count > 1)
            {
                searches.Add(IdentificationProtocol.IdentifyTogether(
                    set, [.. galleries.SelectMany(gallery => gallery.People)], probes, form, string.Join('+', galleries.Select(gallery => gallery.Name))));
            }
        }

        return new EvaluationResult
        {
            Model = embedder.Model.Id,
            Faces = embedded.Faces.Count,
            Flip = request.Flip.ToString().ToLowerInvariant(),
            MagnitudeQuantiles = ModelEvaluation.QuantilesOf(embedded.Faces.Magnitudes),
            Templates = results,
            Identification = searches.Count > 0 ? searches : null,
        };
    }

    /// <summary>The galleries, one file each, and the probes; none where the folder has only the files of 1:1.</summary>
    private static (IReadOnlyList<(string Name, IReadOnlyList<TemplatePerson> People)> Galleries, IReadOnlyList<TemplatePerson> Probes) Identification(string folder)
    {
        string[] files = [.. Directory.GetFiles(folder, "*_1N_gallery_*.csv").Order(StringComparer.Ordinal)];
        return files.Length == 0
            ? ([], [])
            : ([.. files.Select(file => (GalleryName(file), TemplateFiles.ReadPeople(file)))], TemplateFiles.ReadPeople(Find(folder, "_1N_probe_mixed.csv")));
    }

    private static string GalleryName(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name[(name.LastIndexOf('_') + 1)..];
    }

    private static void Weigh(float[] features, int dimension, float[] weights)
    {
        for (var row = 0; row < weights.Length; row++)
        {
            foreach (ref var value in features.AsSpan(row * dimension, dimension))
            {
                value *= weights[row];
            }
        }
    }

    private static string Find(string folder, string ending)
    {
        var found = Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + ending) : [];
        return found.Length == 1
            ? found[0]
            : throw new TrainingDataException($"{folder} holds {found.Length} files that end in {ending}; one is needed.");
    }

    private static float[] Features(EmbeddedSource embedded, FlipMode flip)
    {
        var raw = embedded.Faces.Raw.ToArray();
        if (flip == FlipMode.None)
        {
            return raw;
        }

        var mirrored = embedded.Mirrored!.Raw;
        if (flip == FlipMode.Add)
        {
            for (var i = 0; i < raw.Length; i++)
            {
                raw[i] += mirrored[i];
            }

            return raw;
        }

        var dimension = embedded.Faces.Dimension;
        var both = new float[2 * raw.Length];
        for (var row = 0; row < embedded.Faces.Count; row++)
        {
            raw.AsSpan(row * dimension, dimension).CopyTo(both.AsSpan(2 * row * dimension));
            mirrored.Slice(row * dimension, dimension).CopyTo(both.AsSpan(((2 * row) + 1) * dimension));
        }

        return both;
    }

    private sealed class Share(IProgress<double> progress, int count) : IProgress<int>
    {
        public void Report(int value) => progress.Report((double)value / count);
    }

    private sealed class LooseCrops(string folder, TemplatePicture[] pictures) : CropSource
    {
        private static readonly FaceTemplate Template = FaceTemplate.Find("arcface-112")!;

        public override int Count => pictures.Length;

        public override string Describe(int index) => Path.Combine(folder, pictures[index].File);

        public override Task<PixelBuffer> ReadAsync(int index, CancellationToken cancellationToken) => Task.Run(
            () =>
            {
                try
                {
                    using var picture = ImageDecoder.Decode(File.ReadAllBytes(Describe(index)), new ImageLimits());
                    return FaceAligner.Align(picture, pictures[index].Points, new FaceBox(0, 0, picture.Width, picture.Height), Template);
                }
                catch (Exception error) when (error is ImageRefusedException or IOException or UnauthorizedAccessException)
                {
                    throw new TrainingDataException($"{Describe(index)}: {error.Message}", error);
                }
            },
            cancellationToken);
    }
}
