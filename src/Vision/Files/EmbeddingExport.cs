using System.Buffers.Binary;
using FaceCluster.Vision.Imaging;

namespace FaceCluster.Vision.Files;

/// <summary>How far an export is.</summary>
/// <param name="Done">Pictures finished.</param>
/// <param name="Total">Pictures in all.</param>
/// <param name="Faces">Rows written.</param>
/// <param name="Refused">Pictures refused.</param>
public readonly record struct EmbeddingExportProgress(int Done, int Total, int Faces, int Refused);

/// <summary>A picture that gave no row, and why.</summary>
public sealed record RefusedPicture(string Path, string Reason, string Message);

/// <summary>What an export wrote.</summary>
/// <param name="Pictures">Pictures read.</param>
/// <param name="Faces">Rows written.</param>
/// <param name="Refused">Pictures that could not be read or were refused.</param>
public sealed record EmbeddingExportResult(int Pictures, int Faces, IReadOnlyList<RefusedPicture> Refused);

/// <summary>
/// Runs picture files through the vision path without a server and writes raw embeddings row by row: dimension
/// little-endian singles a face, no header, and beside it one line a row with the picture's name.
/// </summary>
public sealed class EmbeddingExport(IFacePipeline pipeline)
{
    // Enough to fill a batch while the next is being decoded.
    private const int Ahead = 64;

    /// <summary>
    /// Embeds <paramref name="files"/> in their order. With <paramref name="wholeImage"/> every picture is the box of one
    /// face and gives one row named after it; otherwise a picture gives a row for each face found, named
    /// <c>picture#0</c>, <c>picture#1</c>, ... The two outputs appear under their names only when they are complete.
    /// </summary>
    /// <param name="files">Picture files.</param>
    /// <param name="wholeImage">Whether each whole picture is a face's box.</param>
    /// <param name="vectorsPath">The file of raw rows.</param>
    /// <param name="namesPath">The file of names, or null for none.</param>
    /// <param name="progress">Told after every picture.</param>
    /// <param name="cancellationToken">Stops; nothing appears under the two names.</param>
    public async Task<EmbeddingExportResult> RunAsync(
        IReadOnlyList<string> files,
        bool wholeImage,
        string vectorsPath,
        string? namesPath,
        IProgress<EmbeddingExportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        var refused = new List<RefusedPicture>();
        var faces = 0;
        await using (var vectors = File.Create(vectorsPath + ".part"))
        await using (var names = namesPath is null ? StreamWriter.Null : new StreamWriter(namesPath + ".part"))
        {
            await foreach (var (path, done, analysis, refusal) in AnalyzeAsync(files, wholeImage, cancellationToken))
            {
                if (refusal is not null)
                {
                    refused.Add(refusal);
                }

                for (var i = 0; i < (analysis?.Faces.Count ?? 0); i++)
                {
                    await vectors.WriteAsync(ToBytes(analysis!.Faces[i].Embedding), cancellationToken);
                    var name = Path.GetFileName(path);
                    await names.WriteAsync($"{(wholeImage ? name : $"{name}#{i}")}\n".AsMemory(), cancellationToken);
                    faces++;
                }

                progress?.Report(new EmbeddingExportProgress(done, files.Count, faces, refused.Count));
            }
        }

        File.Move(vectorsPath + ".part", vectorsPath, overwrite: true);
        if (namesPath is not null)
        {
            File.Move(namesPath + ".part", namesPath, overwrite: true);
        }

        return new EmbeddingExportResult(files.Count, faces, refused);
    }

    private async IAsyncEnumerable<(string Path, int Done, PictureAnalysis? Analysis, RefusedPicture? Refusal)> AnalyzeAsync(
        IReadOnlyList<string> files, bool wholeImage, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var running = new Queue<(string Path, Task<(PictureAnalysis?, RefusedPicture?)> Task)>();
        var done = 0;
        foreach (var file in files)
        {
            running.Enqueue((file, AnalyzeFileAsync(file, wholeImage, cancellationToken)));
            if (running.Count >= Ahead)
            {
                var (path, task) = running.Dequeue();
                var (analysis, refusal) = await task;
                yield return (path, ++done, analysis, refusal);
            }
        }

        while (running.TryDequeue(out var next))
        {
            var (analysis, refusal) = await next.Task;
            yield return (next.Path, ++done, analysis, refusal);
        }
    }

    private async Task<(PictureAnalysis? Analysis, RefusedPicture? Refusal)> AnalyzeFileAsync(string file, bool wholeImage, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(file, cancellationToken);
            var analysis = wholeImage
                ? await pipeline.EmbedWholeImageAsync(bytes, cancellationToken: cancellationToken)
                : await pipeline.AnalyzeFrameAsync(bytes, cancellationToken: cancellationToken);
            return (analysis, null);
        }
        catch (VisionOverloadedException overloaded)
        {
            await Task.Delay(overloaded.RetryAfter, cancellationToken);
            return await AnalyzeFileAsync(file, wholeImage, cancellationToken);
        }
        catch (ImageRefusedException refused)
        {
            return (null, new RefusedPicture(file, refused.Reason.ToString(), refused.Message));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, new RefusedPicture(file, "FileUnreadable", error.Message));
        }
    }

    private static byte[] ToBytes(float[] embedding)
    {
        var bytes = new byte[embedding.Length * sizeof(float)];
        for (var i = 0; i < embedding.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), embedding[i]);
        }

        return bytes;
    }
}
