using FaceCluster.Training.Data;

namespace FaceCluster.Training.Tests.Infrastructure;

/// <summary>Generated pictures: each identity is a pattern of its own, each picture the pattern with noise; batch k is a function of k.</summary>
internal sealed class SyntheticFaces(int classes = 5, int batchSize = 8, int size = 32, int seed = 1) : IBatchSource
{
    public int ClassCount => classes;

    public long SampleCount => classes * 16L;

    public int BatchSize => batchSize;

    public int ImageSize => size;

    public long BatchesPerEpoch => SampleCount / batchSize;

    public string Fingerprint => $"synthetic {classes} {batchSize} {size} {seed}";

    public long Position { get; private set; }

    /// <summary>Batches whose pixels are not numbers.</summary>
    public HashSet<long> Broken { get; } = [];

    public Action<long>? BeforeRead { get; set; }

    public void Seek(long position) => Position = position;

    public void Read(FaceBatch batch, CancellationToken cancellationToken = default)
    {
        BeforeRead?.Invoke(Position);
        var random = new Random(unchecked(seed * 1_000_003 + (int)Position));
        batch.Count = batchSize;
        var length = 3 * size * size;
        for (var i = 0; i < batchSize; i++)
        {
            var label = (int)((Position * batchSize + i) % classes);
            batch.Labels[i] = label;
            var pixels = batch.Pixels.Slice(i * length, length);
            for (var j = 0; j < length; j++)
            {
                pixels[j] = (float)(Math.Sin((label + 1) * (j % size) * 0.3 + label) * 0.7 + (random.NextDouble() - 0.5) * 0.6);
            }
        }

        if (Broken.Contains(Position))
        {
            batch.Pixels[0] = float.NaN;
        }

        Position++;
    }

    public void Dispose()
    {
    }
}
