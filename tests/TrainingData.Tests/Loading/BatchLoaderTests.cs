using FaceCluster.Testing.Pictures;
using FaceCluster.TrainingData.Augmentation;
using FaceCluster.TrainingData.Datasets;
using FaceCluster.TrainingData.Loading;
using FaceCluster.Vision.Models;
using Xunit;

namespace FaceCluster.TrainingData.Tests.Loading;

public sealed class BatchLoaderTests
{
    private static readonly AugmentationOptions Everything = new()
    {
        Crop = 0.5,
        Color = 0.5,
        Grey = 0.2,
        Blur = 0.3,
        LowResolution = 0.3,
        Jpeg = 0.3,
        Erase = 0.3,
    };

    [Fact]
    public void Take_AnyNumberOfThreads_GivesTheSameBatches()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        var options = new LoaderOptions { BatchSize = 4, Seed = 3, Augmentation = Everything };
        Assert.Equal(Batches(dataset, options with { Threads = 1, Ahead = 1 }, 7), Batches(dataset, options with { Threads = 4, Ahead = 8 }, 7));
    }

    [Fact]
    public void Take_FromAStoredPosition_GoesOnAsIfNeverInterrupted()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        var options = new LoaderOptions { BatchSize = 4, Threads = 2, Seed = 3, Augmentation = Everything };
        var whole = Batches(dataset, options, 8);
        for (var cut = 1; cut < 8; cut++)
        {
            LoaderPosition next;
            using (var loader = new BatchLoader(dataset, new ShuffleSampler(dataset, 5), options))
            {
                for (var i = 1; i < cut; i++)
                {
                    loader.Take().Dispose();
                }

                using var last = loader.Take();
                next = last.Next;
                Assert.Equal(next, loader.Position);
            }

            Assert.Equal(whole[cut..], Batches(dataset, options, 8 - cut, next));
        }
    }

    [Fact]
    public void Take_OneEpoch_GivesEveryFaceOnceWithItsLabelAndValues()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        var options = new LoaderOptions { BatchSize = 4, Threads = 2, KeepLast = true, ColorOrder = ColorOrder.Bgr, Mean = 100, Scale = 0.5f };
        using var loader = new BatchLoader(dataset, new ShuffleSampler(dataset, 5), options);
        Assert.Equal(4, loader.BatchesPerEpoch);
        var seen = new List<int>();
        var rgb = new byte[112 * 112 * 3];
        for (var i = 0; i < loader.BatchesPerEpoch; i++)
        {
            using var batch = loader.Take();
            Assert.Equal(new LoaderPosition(0, i), batch.Position);
            for (var slot = 0; slot < batch.Count; slot++)
            {
                seen.Add(batch.Indices[slot]);
                Assert.Equal(dataset.Labels[batch.Indices[slot]], batch.Labels[slot]);
                dataset.ReadRgb(batch.Indices[slot], rgb);
                var pixels = batch.Pixels.Span.Slice(slot * batch.FaceLength, batch.FaceLength);
                foreach (var at in (int[])[0, 500, 12543])
                {
                    Assert.Equal((rgb[(3 * at) + 2] - 100) * 0.5f, pixels[at]);
                    Assert.Equal((rgb[3 * at] - 100) * 0.5f, pixels[at + (2 * 112 * 112)]);
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, dataset.Count), seen.Order());
        Assert.Equal(new LoaderPosition(1, 0), loader.Position);
    }

    [Fact]
    public void Take_SmallerImageSize_ScalesFaces()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        using var loader = new BatchLoader(dataset, new SequentialSampler(dataset), new LoaderOptions { BatchSize = 4, ImageSize = 56, Mean = 0, Scale = 1 });
        using var batch = loader.Take();
        Assert.Equal(4 * 3 * 56 * 56, batch.Pixels.Length);
        using var picture = dataset.Read(0);
        Assert.Equal(picture.Pixels.ToArray().Average(pixel => pixel & 0xFF), batch.Pixels.Span[..(56 * 56)].ToArray().Average(), 1f);
    }

    [Fact]
    public void Take_CorruptFace_NamesItAndGoesOnAfterwards()
    {
        using var faces = Faces();
        File.WriteAllBytes(faces.File("Ben_0002.png"), SyntheticFaces.Png("Ben", 2)[..400]);
        using var dataset = PictureLists.FromFolder(faces.Path);
        using var loader = new BatchLoader(dataset, new SequentialSampler(dataset), new LoaderOptions { BatchSize = 5, Threads = 2 });
        loader.Take().Dispose();
        Assert.Contains("Ben_0002.png", Assert.Throws<TrainingDataException>(() => loader.Take().Dispose()).Message, StringComparison.Ordinal);
        using var batch = loader.Take();
        Assert.Equal(new LoaderPosition(1, 0), batch.Position);
    }

    [Fact]
    public void Constructor_WrongSizes_NamesTheLimit()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        var sampler = new ShuffleSampler(dataset, 1);
        Assert.Contains("batch of 100", Assert.Throws<TrainingDataException>(() => new BatchLoader(dataset, sampler, new LoaderOptions { BatchSize = 100 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(dataset, sampler, new LoaderOptions { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(dataset, sampler, new LoaderOptions { BatchSize = 4 }, new LoaderPosition(0, 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(dataset, sampler, new LoaderOptions { BatchSize = 4, Augmentation = new AugmentationOptions { Blur = 2 } }));
        var groups = new ClassGroupSampler(dataset, 2, 3, 1);
        Assert.Contains("multiple of 6", Assert.Throws<ArgumentException>(() => new BatchLoader(dataset, groups, new LoaderOptions { BatchSize = 8 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_Cancelled_CanBeRepeated()
    {
        using var faces = Faces();
        using var dataset = PictureLists.FromFolder(faces.Path);
        using var loader = new BatchLoader(dataset, new SequentialSampler(dataset), new LoaderOptions { BatchSize = 5 });
        using var first = loader.Take();
        Assert.Equal(LoaderPosition.Start, first.Position);
        var cancelled = new CancellationToken(canceled: true);
        try
        {
            using var early = loader.Take(cancelled);
            Assert.Equal(new LoaderPosition(0, 1), early.Position);
        }
        catch (OperationCanceledException)
        {
            using var later = loader.Take();
            Assert.Equal(new LoaderPosition(0, 1), later.Position);
        }
    }

    private static SyntheticFaces Faces() => new SyntheticFaces().Add("Ann", 4).Add("Ben", 6).Add("Cleo", 3);

    /// <summary>The content of batches: labels, indices and a checksum of the values.</summary>
    private static string[] Batches(FaceDataset dataset, LoaderOptions options, int count, LoaderPosition start = default)
    {
        using var loader = new BatchLoader(dataset, new ShuffleSampler(dataset, 5), options, start);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            using var batch = loader.Take();
            var hash = System.Security.Cryptography.SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Pixels.Span));
            return $"{batch.Position} {string.Join(',', batch.Indices)} {string.Join(',', batch.Labels)} {Convert.ToHexString(hash)}";
        })];
    }
}
