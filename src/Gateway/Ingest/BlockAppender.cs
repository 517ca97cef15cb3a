using System.Buffers;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;

namespace FaceCluster.Gateway.Ingest;

/// <summary>Hands items to the shard of their camera, in messages of at most 64 KiB of embeddings where items allow it.</summary>
internal sealed class BlockAppender(IGrainFactory grains, CollectionDirectory collections, ErrorMapper errors, TimeProvider time)
{
    // Below the threshold of the large object heap, and already on the plateau of throughput.
    private const int MaxBytes = 64 * 1024;

    /// <summary>Stores the items and gives each its answer or its error. Returns the positions that contain them.</summary>
    public async Task<IReadOnlyList<ShardRevision>> AppendAsync(
        CollectionInfo collection, string camera, IReadOnlyList<PendingItem> items, CameraTurn turn)
    {
        if (items.Count == 0)
        {
            return [];
        }

        var calls = new List<Task<ShardRevision?>>();
        foreach (var part in Split(items))
        {
            var call = AppendPartAsync(collection, camera, part);
            calls.Add(call);
            if (turn.IsFirst)
            {
                await call;
            }
        }

        turn.AppendStarted();
        var revisions = await Task.WhenAll(calls);
        return [.. revisions.OfType<ShardRevision>()];
    }

    private async Task<ShardRevision?> AppendPartAsync(CollectionInfo collection, string camera, List<PendingItem> part)
    {
        try
        {
            var received = ToMicros(time.GetUtcNow());
            var embeddings = Join(part);
            var block = new IngestBlock
            {
                Camera = camera,
                Items = [.. part.Select(item => ToGrain(item, received))],
                Embeddings = embeddings,
            };

            // Not cancelled with the call: the items are on their way to the disk, and their fate is to be known.
            var attempts = 0;
            var answer = await collections.RoutedAsync(collection, current =>
            {
                var shard = grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, current.ShardOf(camera)));
                return GrainCalls.RepeatAsync(
                    () =>
                    {
                        attempts++;
                        return shard.Append(block);
                    },
                    CancellationToken.None).AsTask();
            });
            if (attempts == 1)
            {
                // Answered, so the shard has its own copy; after a repeat an earlier message may still hold this one.
                ArrayPool<byte>.Shared.Return(embeddings.Array!);
            }

            var revision = RevisionToken.Encode(collection.Uid, answer.Revision);
            for (var i = 0; i < part.Count; i++)
            {
                part[i].Answer = answer.Items[i];
                part[i].Revision = revision;
            }

            return answer.Revision;
        }
        catch (Exception exception)
        {
            var status = errors.Map(exception);
            foreach (var item in part)
            {
                item.Error = status;
            }

            return null;
        }
    }

    private static IEnumerable<List<PendingItem>> Split(IReadOnlyList<PendingItem> items)
    {
        var part = new List<PendingItem>(items.Count);
        var bytes = 0;
        foreach (var item in items)
        {
            var size = Size(item);
            if (part.Count > 0 && bytes + size > MaxBytes)
            {
                yield return part;
                part = [];
                bytes = 0;
            }

            part.Add(item);
            bytes += size;
        }

        yield return part;
    }

    /// <summary>All embeddings of the items in one rented array.</summary>
    private static ArraySegment<byte> Join(List<PendingItem> part)
    {
        var total = 0;
        foreach (var item in part)
        {
            total += Size(item);
        }

        var joined = ArrayPool<byte>.Shared.Rent(Math.Max(1, total));
        var at = 0;
        foreach (var item in part)
        {
            foreach (var embedding in item.Embeddings)
            {
                embedding.CopyTo(joined.AsMemory(at));
                at += embedding.Length;
            }
        }

        return new ArraySegment<byte>(joined, 0, total);
    }

    private static int Size(PendingItem item)
    {
        var size = 0;
        foreach (var embedding in item.Embeddings)
        {
            size += embedding.Length;
        }

        return size;
    }

    private static IngestItem ToGrain(PendingItem item, long receivedMicros) => new()
    {
        Sequence = item.Item.Sequence,
        CaptureTimeMicros = item.Item.CaptureTime is { } time ? ToMicros(time.ToDateTimeOffset()) : receivedMicros,
        TrackId = item.Item.TrackId.Length > 0 ? item.Item.TrackId : null,
        PayloadDigest = item.Digest,
        Source = item.Picture?.Kind switch
        {
            null => ItemSource.Embedding,
            PictureKind.Frame => ItemSource.Frame,
            _ => ItemSource.Crop,
        },
        Faces = item.Faces,
        FacesOverLimit = item.FacesOverLimit,
    };

    private static long ToMicros(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
