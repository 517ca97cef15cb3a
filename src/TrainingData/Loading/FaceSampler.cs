using FaceCluster.TrainingData.Datasets;

namespace FaceCluster.TrainingData.Loading;

/// <summary>
/// Chooses the faces of an epoch and their order: a function of the data, the seed and the epoch's number, so training
/// goes on anywhere without a state of its own.
/// </summary>
public abstract class FaceSampler
{
    /// <summary>The indices of the epoch, in the order they are trained on; every batch is a slice of it.</summary>
    public abstract int[] Epoch(long epoch);

    /// <summary>Number of faces in an epoch.</summary>
    public abstract int EpochLength { get; }

    /// <summary>The number that batches must be a multiple of; 1 where any will do.</summary>
    public virtual int BatchUnit => 1;

    /// <summary>The rows of each class, for samplers that draw by class.</summary>
    private protected static int[][] RowsByClass(FaceDataset dataset)
    {
        var sizes = dataset.ClassSizes;
        var rows = new int[sizes.Length][];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new int[sizes[i]];
        }

        var filled = new int[sizes.Length];
        var labels = dataset.Labels;
        for (var i = 0; i < labels.Length; i++)
        {
            rows[labels[i]][filled[labels[i]]++] = i;
        }

        return rows;
    }
}

/// <summary>Every face once an epoch, in the order of the data. For measuring.</summary>
public sealed class SequentialSampler(FaceDataset dataset) : FaceSampler
{
    /// <inheritdoc/>
    public override int EpochLength => dataset.Count;

    /// <inheritdoc/>
    public override int[] Epoch(long epoch) => [.. Enumerable.Range(0, dataset.Count)];
}

/// <summary>Every face once an epoch, in random order.</summary>
public sealed class ShuffleSampler(FaceDataset dataset, long seed) : FaceSampler
{
    /// <inheritdoc/>
    public override int EpochLength => dataset.Count;

    /// <inheritdoc/>
    public override int[] Epoch(long epoch)
    {
        int[] order = [.. Enumerable.Range(0, dataset.Count)];
        RandomSource.At(seed, 1, epoch).Shuffle(order);
        return order;
    }
}

/// <summary>
/// Every class equally often: classes come round in random order, and so do the faces of each. An epoch is as long as
/// the data; large classes are not seen whole in it, small ones repeat.
/// </summary>
public sealed class ClassBalancedSampler(FaceDataset dataset, long seed) : FaceSampler
{
    private readonly int[][] _rows = RowsByClass(dataset);

    /// <inheritdoc/>
    public override int EpochLength => dataset.Count;

    /// <inheritdoc/>
    public override int[] Epoch(long epoch)
    {
        var random = RandomSource.At(seed, 2, epoch);
        var rows = _rows.Where(own => own.Length > 0).Select(own => own.ToArray()).ToArray();
        int[] classes = [.. Enumerable.Range(0, rows.Length)];
        var next = new int[rows.Length];
        var order = new int[dataset.Count];
        for (var i = 0; i < order.Length; i++)
        {
            if (i % classes.Length == 0)
            {
                random.Shuffle(classes);
            }

            var own = classes[i % classes.Length];
            if (next[own] % rows[own].Length == 0)
            {
                random.Shuffle(rows[own]);
            }

            order[i] = rows[own][next[own]++ % rows[own].Length];
        }

        return order;
    }
}

/// <summary>
/// Batches of P classes with K faces each, for losses that compare faces within a batch. Classes with fewer than two
/// faces take no part; those with fewer than K repeat some. An epoch has as many whole batches as the faces that take
/// part would fill.
/// </summary>
public sealed class ClassGroupSampler : FaceSampler
{
    private readonly int[][] _rows;
    private readonly int _classesPerBatch;
    private readonly int _facesPerClass;
    private readonly long _seed;

    /// <param name="dataset">The set.</param>
    /// <param name="classesPerBatch">P, at least 2.</param>
    /// <param name="facesPerClass">K, at least 2.</param>
    /// <param name="seed">Chooses the order.</param>
    /// <exception cref="TrainingDataException">Fewer than P classes have two faces.</exception>
    public ClassGroupSampler(FaceDataset dataset, int classesPerBatch, int facesPerClass, long seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfLessThan(classesPerBatch, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(facesPerClass, 2);
        _rows = [.. RowsByClass(dataset).Where(rows => rows.Length > 1)];
        (_classesPerBatch, _facesPerClass, _seed) = (classesPerBatch, facesPerClass, seed);
        if (_rows.Length < classesPerBatch)
        {
            throw new TrainingDataException($"{dataset.Name}: {_rows.Length} classes have two faces or more; a batch of {classesPerBatch} classes needs as many.");
        }

        EpochLength = Math.Max(1, _rows.Sum(rows => rows.Length) / BatchUnit) * BatchUnit;
    }

    /// <inheritdoc/>
    public override int EpochLength { get; }

    /// <inheritdoc/>
    public override int BatchUnit => _classesPerBatch * _facesPerClass;

    /// <inheritdoc/>
    public override int[] Epoch(long epoch)
    {
        var random = RandomSource.At(_seed, 3, epoch);
        int[] classes = [.. Enumerable.Range(0, _rows.Length)];
        var order = new int[EpochLength];
        var at = classes.Length;
        for (var batch = 0; batch < order.Length; batch += BatchUnit)
        {
            // A class must not come twice in one batch, so the rest of a round is dropped where it is too short.
            if (at + _classesPerBatch > classes.Length)
            {
                random.Shuffle(classes);
                at = 0;
            }

            for (var p = 0; p < _classesPerBatch; p++)
            {
                var rows = _rows[classes[at++]].ToArray();
                random.Shuffle(rows);
                for (var k = 0; k < _facesPerClass; k++)
                {
                    order[batch + (p * _facesPerClass) + k] = rows[k % rows.Length];
                }
            }
        }

        return order;
    }
}
