using FaceCluster.Evaluation.Embeddings;
using FaceCluster.TrainingData;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.RecordIo;
using FaceCluster.TrainingData.Verification;
using FaceCluster.Vision;

namespace FaceCluster.Evaluation.Tool;

/// <summary>The faces that a request names, with the people or pairs that are known of them.</summary>
internal sealed class EvaluationData : IDisposable
{
    private readonly IDisposable? _owned;

    private EvaluationData(CropSource crops, int[]? identities, IReadOnlyList<VerificationPair>? pairs, IDisposable? owned = null)
    {
        (Crops, Identities, Pairs, _owned) = (crops, identities, pairs, owned);
    }

    public CropSource Crops { get; }

    /// <summary>The person of each crop, or null.</summary>
    public int[]? Identities { get; }

    /// <summary>Pairs of crops, or null.</summary>
    public IReadOnlyList<VerificationPair>? Pairs { get; }

    /// <exception cref="TrainingDataException">The data cannot be used, or the request names none or too much.</exception>
    public static EvaluationData Open(EvaluationRequest request, Func<VisionEngine> engine)
    {
        if (request.Bin is { } bin)
        {
            if (request.Images is not null || request.Pairs is not null)
            {
                throw new TrainingDataException("A .bin set holds its own pictures and pairs: name no others with it.");
            }

            var set = VerificationBin.Open(bin);
            return new EvaluationData(CropSource.Of(set), null, set.Pairs, set);
        }

        if (request.Images is not { } images)
        {
            throw new TrainingDataException("Name what to measure on: --images, with --pairs where you have a list, or --bin.");
        }

        if (images.EndsWith(".rec", StringComparison.OrdinalIgnoreCase) || File.Exists(Path.Combine(images, "train.rec")))
        {
            var records = RecordDataset.Open(images);
            return request.Pairs is null
                ? new EvaluationData(CropSource.Of(records), records.Labels.ToArray(), null, records)
                : throw new TrainingDataException("Pairs name pictures by their files, which a record file does not have: unpack it, or leave --pairs out.");
        }

        return FromFiles(request, images, engine);
    }

    public void Dispose() => _owned?.Dispose();

    private static EvaluationData FromFiles(EvaluationRequest request, string images, Func<VisionEngine> engine)
    {
        var pairs = request.Pairs is { } list ? PairList.Open(list, images) : null;
        PictureListDataset dataset;
        try
        {
            dataset = FaceDatasets.OpenPictures(images);
        }
        catch (TrainingDataException) when (pairs is not null)
        {
            // The names do not tell the people: the pairs are all there is.
            return new EvaluationData(CropSource.Of(pairs.Paths, request.Faces, engine), null, pairs.Pairs, pairs);
        }

        var rows = dataset.Paths.Select((path, row) => (Path: Path.GetFullPath(path), row)).ToDictionary(entry => entry.Path, entry => entry.row, StringComparer.Ordinal);
        var listed = pairs?.Pairs.Select(pair => new VerificationPair(Row(pair.Left), Row(pair.Right), pair.Same)).ToArray();
        return new EvaluationData(CropSource.Of(dataset.Paths, request.Faces, engine), dataset.Labels.ToArray(), listed, pairs);

        int Row(int picture) => rows.TryGetValue(Path.GetFullPath(pairs!.Paths[picture]), out var row)
            ? row
            : throw new TrainingDataException($"{pairs.Paths[picture]} of {pairs.Name} is not among the pictures of {images}.");
    }
}
