using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using FaceCluster.Training.Backbones;
using FaceCluster.Training.Data;
using static TorchSharp.torch;

namespace FaceCluster.Training.Fit;

/// <summary>
/// What the unchanging first layers of a network make of every form of every picture, in one file. Layout: 8 bytes "FCFEAT01"; 32
/// bytes of key (SHA-256 of the layers' weights, the pictures' fingerprint and the number type); XXH3-64 of the values; 16 bytes of
/// zeros; the values of row 0, 1, ... as they lie in memory. The file appears under its name when it is complete, and its name
/// begins with the key, so runs that share layers and pictures share it.
/// </summary>
internal sealed class FeatureCache : IDisposable
{
    private const int HeaderLength = 64;
    private const int HashOffset = 40;
    private const int Chunk = 8 << 20;
    private static readonly byte[] Magic = "FCFEAT01"u8.ToArray();

    private readonly FileStream _file;
    private readonly Tensor _rows;
    private readonly int _rowBytes;

    private FeatureCache(FileStream file, int stages, int forms, long[] shape, bool half, int batchSize)
    {
        (_file, Stages, Forms) = (file, stages, forms);
        _rows = empty([batchSize, .. shape], half ? ScalarType.Float16 : ScalarType.Float32).DetachFromDisposeScope();
        _rowBytes = RowBytes(shape, half);
    }

    /// <summary>Links of the network that the rows are behind.</summary>
    public int Stages { get; }

    /// <summary>Forms of a picture.</summary>
    public int Forms { get; }

    /// <summary>Opens the cache of a run, or computes it where there is none.</summary>
    /// <param name="network">With its frozen weights, in the mode of training.</param>
    /// <param name="precision">In which numbers it computes, part of the key.</param>
    /// <param name="source">The pictures.</param>
    /// <param name="options">Where and in which numbers.</param>
    /// <param name="folder">Where the options name no folder.</param>
    /// <param name="toInput">From the source's pixels to the network's input.</param>
    /// <param name="observer">Is told.</param>
    /// <param name="cancellationToken">Ends the computation; nothing is left of it then.</param>
    /// <exception cref="FitException">Nothing of the network stays as it is, or the file cannot be written.</exception>
    public static FeatureCache Open(
        EmbeddingNetwork network, string precision, IPictureSource source, CacheOptions options, string folder, Func<Tensor, Tensor> toInput, ITrainingObserver observer, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var stages = network.ConstantStages;
        if (stages == 0 || stages == network.Stages.Count)
        {
            throw new FitException(stages == 0
                ? "start.cache: the network has no first layers that stay as they are; freeze some (start.freezeShare, start.freeze), and their running statistics with start.freezeStatistics."
                : "start.cache: all of the network is frozen; there is nothing left to train.");
        }

        var forms = source.Forms(options.Variants);
        var shape = network.ForwardConstant(toInput(zeros(1, 3, source.ImageSize, source.ImageSize)), stages).shape[1..];
        var key = Key(network, stages, $"{network.Architecture}|{stages}|{precision}|{options.Half}|{source.FormsFingerprint(forms, options.Seed)}");
        var path = Path.Combine(options.Folder ?? folder, $"features-{Convert.ToHexStringLower(key)[..16]}.cache");
        var length = HeaderLength + (source.SampleCount * forms * RowBytes(shape, options.Half));
        if (!IsWhole(path, key, length, observer))
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
                observer.OnEvent($"the first {stages} of {network.Stages.Count} parts of the network stay as they are: computing them once for {source.SampleCount * forms:N0} pictures ({length / 1e6:N0} MB in {path})");
                Build(path, key, length, network, stages, source, forms, options, toInput, observer, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new FitException($"start.cache: '{path}' of {length / 1e6:N0} MB cannot be written: {exception.Message}", exception);
            }
        }

        return new FeatureCache(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1), stages, forms, shape, options.Half, source.BatchSize);
    }

    /// <summary>The rows as [rows, ...] in single precision, in the caller's scope.</summary>
    public Tensor Read(ReadOnlySpan<long> rows)
    {
        var bytes = _rows.bytes;
        for (var i = 0; i < rows.Length; i++)
        {
            var target = bytes.Slice(i * _rowBytes, _rowBytes);
            for (var done = 0; done < target.Length;)
            {
                var read = RandomAccess.Read(_file.SafeFileHandle, target[done..], HeaderLength + (rows[i] * _rowBytes) + done);
                done += read > 0 ? read : throw new FitException($"start.cache: '{_file.Name}' has become shorter while it was read.");
            }
        }

        var used = _rows.narrow(0, 0, rows.Length);
        return _rows.dtype == ScalarType.Float32 ? used : used.to_type(ScalarType.Float32);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _file.Dispose();
    }

    private static void Build(
        string path, byte[] key, long length, EmbeddingNetwork network, int stages, IPictureSource source, int forms, CacheOptions options, Func<Tensor, Tensor> toInput, ITrainingObserver observer, CancellationToken cancellationToken)
    {
        var partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = Chunk, PreallocationSize = length }))
            {
                // The length is asked for at once: a disk that is too small is told now and not after an hour.
                stream.Position = HeaderLength;
                var hash = new XxHash3();
                var (done, told, total) = (0L, 0L, source.SampleCount * forms);
                foreach (var batch in source.ReadForms(forms, options.Seed, cancellationToken))
                {
                    using var scope = NewDisposeScope();
                    var values = network.ForwardConstant(toInput(tensor(batch.Pixels.ToArray(), [batch.Count, 3, batch.ImageSize, batch.ImageSize])), stages);
                    var bytes = values.to_type(options.Half ? ScalarType.Float16 : ScalarType.Float32).contiguous().bytes;
                    hash.Append(bytes);
                    stream.Write(bytes);
                    done += batch.Count;
                    if (done * 10 / total > told)
                    {
                        told = done * 10 / total;
                        observer.OnEvent($"features of {done:N0} of {total:N0} pictures");
                    }
                }

                stream.Position = 0;
                stream.Write(Magic);
                stream.Write(key);
                stream.Write(hash.GetCurrentHash());
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static bool IsWhole(string path, byte[] key, long length, ITrainingObserver observer)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, Chunk);
        var header = new byte[HeaderLength];
        if (stream.Length == length && stream.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) == HeaderLength
            && header.AsSpan(0, Magic.Length).SequenceEqual(Magic) && header.AsSpan(Magic.Length, key.Length).SequenceEqual(key))
        {
            var hash = new XxHash3();
            hash.Append(stream);
            if (hash.GetCurrentHash().AsSpan().SequenceEqual(header.AsSpan(HashOffset, 8)))
            {
                return true;
            }
        }

        observer.OnEvent($"'{path}' is damaged and is computed anew");
        return false;
    }

    private static byte[] Key(EmbeddingNetwork network, int stages, string description)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(description));
        foreach (var value in network.Stages.Take(stages).SelectMany(stage => stage.Layers).SelectMany(layer => layer.state_dict().Values))
        {
            hash.AppendData(value.detach().contiguous().bytes);
        }

        return hash.GetHashAndReset();
    }

    private static int RowBytes(long[] shape, bool half) => checked((int)shape.Aggregate(half ? 2L : 4L, (left, right) => left * right));
}
