using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Loading;
using FaceCluster.TrainingData.RecordIo;
using FaceCluster.TrainingData.Verification;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.TrainingData.Packing;

/// <summary>Packs photographs into sets.</summary>
public static class Packer
{
    private const int Ahead = 32;

    /// <summary>Packs as the request says. What cannot be used is left out and named; the output appears when it is complete.</summary>
    /// <exception cref="TrainingDataException">The source cannot be used, or nothing is left of it.</exception>
    public static async Task<PackResult> RunAsync(PackRequest request, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.MinFaces, 1);
        if (request.Pairs is null && FaceDatasets.IsRecordFile(request.Source))
        {
            return Repack(request, progress, cancellationToken);
        }

        await using var cutter = new FaceCutter(request.Faces, request.ModelFolder);
        return request.Pairs is { } pairs
            ? await PackPairsAsync(PairList.Open(pairs, request.Source), request.Output, cutter, progress, cancellationToken)
            : await PackFacesAsync(request, cutter, progress, cancellationToken);
    }

    /// <summary>Writes a set as a record file, the encoded pictures as they are.</summary>
    /// <exception cref="TrainingDataException">A picture cannot be read.</exception>
    public static void Copy(FaceDataset dataset, string folder, CancellationToken cancellationToken = default) =>
        Write(dataset, folder, dataset.ReadEncoded, cancellationToken);

    /// <summary>Writes a set as a record file, every picture changed by chance: what it takes to measure on poor pictures.</summary>
    /// <param name="dataset">The set.</param>
    /// <param name="folder">Where the other goes.</param>
    /// <param name="augmentation">How pictures are changed.</param>
    /// <param name="seed">Draws the changes.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="TrainingDataException">A picture cannot be read.</exception>
    public static void Degrade(FaceDataset dataset, string folder, AugmentationOptions augmentation, long seed, CancellationToken cancellationToken = default)
    {
        var augmenter = new Augmenter(augmentation);
        Write(dataset, folder, row =>
        {
            var random = RandomSource.At(seed, 4, row);
            var picture = dataset.Read(row);
            try
            {
                augmenter.Apply(ref picture, ref random);
                return ImageEncoder.Png(picture);
            }
            finally
            {
                picture.Dispose();
            }
        }, cancellationToken);
    }

    private static void Write(FaceDataset dataset, string folder, Func<int, byte[]> encode, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        using var writer = new RecordDatasetWriter(folder);
        foreach (var (label, rows) in ByClass(dataset))
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.BeginClass(dataset.ClassName(label));
            foreach (var row in rows)
            {
                writer.Add(encode(row));
            }
        }

        writer.Complete();
    }

    /// <summary>A record file again as a record file: faces that can be used, of people who have enough of them.</summary>
    private static PackResult Repack(PackRequest request, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var dataset = FaceDatasets.Open(request.Source);
        if (Path.GetFullPath(request.Output) == Path.GetFullPath(Directory.Exists(request.Source) ? request.Source : Path.GetDirectoryName(request.Source)!))
        {
            throw new TrainingDataException($"{request.Output} is the source itself; name another folder.");
        }

        var refused = new List<string>();
        var rows = new List<int>();
        for (var row = 0; row < dataset.Count; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                dataset.Read(row).Dispose();
                rows.Add(row);
            }
            catch (TrainingDataException error)
            {
                refused.Add(error.Message);
            }

            progress?.Report((row + 1.0) / dataset.Count);
        }

        var labels = dataset.Labels.ToArray();
        var few = rows.GroupBy(row => labels[row]).Where(group => group.Count() < request.MinFaces).ToDictionary(group => group.Key, group => group.Count());
        refused.AddRange(few.Select(entry => $"{dataset.ClassName(entry.Key)} has {entry.Value} faces; {request.MinFaces} are wanted."));
        var kept = new SubsetDataset(dataset, request.Source, rows.Where(row => !few.ContainsKey(labels[row])));
        Copy(kept, request.Output, cancellationToken);
        return new PackResult(kept.Count, kept.ClassCount, 0, refused);
    }

    private static async Task<PackResult> PackFacesAsync(PackRequest request, FaceCutter cutter, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var dataset = FaceDatasets.OpenPictures(request.Source);
        using var writer = new RecordDatasetWriter(request.Output);
        var refused = new List<string>();
        var done = 0;
        foreach (var (label, rows) in ByClass(dataset))
        {
            var faces = new List<byte[]>();
            foreach (var part in rows.Chunk(Ahead))
            {
                foreach (var (face, refusal) in await Task.WhenAll(part.Select(row => CutAsync(cutter, dataset.Paths[row], cancellationToken))))
                {
                    if (face is null)
                    {
                        refused.Add(refusal!);
                    }
                    else
                    {
                        faces.Add(face);
                    }
                }

                done += part.Length;
                progress?.Report((double)done / dataset.Count);
            }

            if (faces.Count < request.MinFaces)
            {
                refused.AddRange(faces.Count == 0 ? [] : [$"{dataset.ClassName(label)} has {faces.Count} faces; {request.MinFaces} are wanted."]);
                continue;
            }

            writer.BeginClass(dataset.ClassName(label));
            faces.ForEach(face => writer.Add(face));
        }

        if (writer.Count == 0)
        {
            throw new TrainingDataException($"No face of {request.Source} could be packed: {refused[0]}");
        }

        writer.Complete();
        return new PackResult(writer.Count, writer.ClassCount, 0, refused);
    }

    private static async Task<PackResult> PackPairsAsync(PairList list, string output, FaceCutter cutter, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var writer = new VerificationBinWriter(output);
        var refused = new List<string>();
        var (done, written) = (0, 0);
        foreach (var part in list.Pairs.Chunk(Ahead))
        {
            var cut = await Task.WhenAll(part.Select(async pair => (
                Left: await CutAsync(cutter, list.Paths[pair.Left], cancellationToken),
                Right: await CutAsync(cutter, list.Paths[pair.Right], cancellationToken),
                pair.Same)));
            foreach (var (left, right, same) in cut)
            {
                if (left.Face is null || right.Face is null)
                {
                    refused.Add(left.Refusal ?? right.Refusal!);
                    continue;
                }

                writer.Add(left.Face, right.Face, same);
                written++;
            }

            done += part.Length;
            progress?.Report((double)done / list.Pairs.Count);
        }

        if (written == 0)
        {
            throw new TrainingDataException($"No pair of {list.Name} could be packed: {refused[0]}");
        }

        writer.Complete();
        return new PackResult(0, 0, written, refused);
    }

    private static async Task<(byte[]? Face, string? Refusal)> CutAsync(FaceCutter cutter, string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await cutter.CutAsync(path, cancellationToken), null);
        }
        catch (TrainingDataException error)
        {
            return (null, error.Message);
        }
    }

    private static IEnumerable<(int Label, int[] Rows)> ByClass(FaceDataset dataset)
    {
        var labels = dataset.Labels.ToArray();
        return Enumerable.Range(0, labels.Length).GroupBy(row => labels[row]).OrderBy(group => group.Key).Select(group => (group.Key, group.ToArray()));
    }
}
