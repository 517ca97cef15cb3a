using FaceCluster.Training.Data;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Loading;

namespace FaceCluster.Trainer.Data;

/// <summary>Feeds a training run from a data set: batches are read, decoded and augmented ahead of their use.</summary>
public sealed partial class LoaderBatchSource : IPictureSource
{
    private readonly FaceDataset _source;
    private readonly FaceDataset _dataset;
    private readonly FaceSampler _sampler;
    private readonly LoaderOptions _options;
    private BatchLoader _loader;

    private LoaderBatchSource(FaceDataset source, FaceDataset dataset, FaceSampler sampler, LoaderOptions options, string pictures, string fingerprint)
    {
        (_source, _dataset, _sampler, _options, _pictures) = (source, dataset, sampler, options, pictures);
        Fingerprint = fingerprint;
        _loader = new BatchLoader(dataset, sampler, options);
    }

    /// <inheritdoc/>
    public int ClassCount => _dataset.ClassCount;

    /// <inheritdoc/>
    public long SampleCount => _dataset.Count;

    /// <inheritdoc/>
    public int BatchSize => _options.BatchSize;

    /// <inheritdoc/>
    public int ImageSize => _options.ImageSize;

    /// <inheritdoc/>
    public long BatchesPerEpoch => _loader.BatchesPerEpoch;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public long Position => (_loader.Position.Epoch * _loader.BatchesPerEpoch) + _loader.Position.Batch;

    /// <summary>The faces that are trained on.</summary>
    public FaceDataset Dataset => _dataset;

    /// <summary>Opens the data that a configuration names.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="batchSize">Faces in a batch.</param>
    /// <param name="imageSize">Width and height of the network's pictures.</param>
    /// <param name="seed">The run's seed: order and augmentation.</param>
    /// <exception cref="TrainingData.TrainingDataException">The data cannot be used.</exception>
    /// <exception cref="ArgumentException">A size does not suit the data.</exception>
    public static LoaderBatchSource Open(DataConfiguration configuration, int batchSize, int imageSize, long seed)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var source = FaceDatasets.Open(configuration.Path);
        try
        {
            var dataset = Select(source, configuration);
            FaceSampler sampler = configuration.Sampler switch
            {
                SamplerKind.Balanced => new ClassBalancedSampler(dataset, seed),
                SamplerKind.Groups => new ClassGroupSampler(dataset, Math.Max(2, batchSize / configuration.FacesPerClass), configuration.FacesPerClass, seed),
                _ => new ShuffleSampler(dataset, seed),
            };
            var options = new LoaderOptions
            {
                BatchSize = batchSize,
                ImageSize = imageSize,
                Threads = configuration.Threads,
                Seed = seed,
                Augmentation = configuration.Augmentation,
            };
            var fingerprint = $"{dataset.Count} faces of {dataset.ClassCount} people, batch {batchSize}, size {imageSize}, seed {seed}, {configuration.Describe()}";
            var pictures = $"{configuration.Path}, {configuration.Share}, {configuration.SplitSeed}, {configuration.MinFaces}, size {imageSize}, {configuration.Augmentation}";
            return new LoaderBatchSource(source, dataset, sampler, options, pictures, fingerprint);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The faces held out by a configuration, or null where it holds out none. The caller disposes <paramref name="source"/>.</summary>
    public static FaceDataset? HeldOut(FaceDataset source, DataConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Share < 1 ? IdentitySplit.Split(source, configuration.Share, configuration.SplitSeed).Second : null;
    }

    /// <inheritdoc/>
    public void Seek(long position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        if (position != Position)
        {
            var perEpoch = _loader.BatchesPerEpoch;
            _loader.Dispose();
            _loader = new BatchLoader(_dataset, _sampler, _options, new LoaderPosition(position / perEpoch, (int)(position % perEpoch)));
        }
    }

    /// <inheritdoc/>
    public void Read(Training.Data.FaceBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Take(_loader, batch, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loader.Dispose();
        _source.Dispose();
    }

    private static FaceDataset Select(FaceDataset source, DataConfiguration configuration)
    {
        var dataset = configuration.Share < 1 ? IdentitySplit.Split(source, configuration.Share, configuration.SplitSeed).First : source;
        if (configuration.MinFaces == 1)
        {
            return dataset;
        }

        var (labels, sizes) = (dataset.Labels.ToArray(), dataset.ClassSizes.ToArray());
        return new SubsetDataset(dataset, dataset.Name, Enumerable.Range(0, labels.Length).Where(row => sizes[labels[row]] >= configuration.MinFaces));
    }
}
