using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Microsoft.Extensions.Options;
using Wire = FaceCluster.V1;

namespace FaceCluster.Gateway.Ingest;

/// <summary>
/// Takes one block from the wire to its acknowledgements: checks each item, has pictures turned into faces, stores what
/// is left in the camera's shard. An item at fault is answered with its own error and never touches its neighbours.
/// </summary>
internal sealed class BlockProcessor(
    IGrainFactory grains, CollectionDirectory collections, PictureAnalyzer pictures, BlockAppender appender, ErrorMapper errors, IOptions<GatewayOptions> options)
{
    /// <summary>Processes a block; does not throw for anything that concerns single items.</summary>
    /// <param name="collection">Where the faces go.</param>
    /// <param name="camera">The camera of all items.</param>
    /// <param name="items">The items as they came.</param>
    /// <param name="turn">The block's place in the order of its camera.</param>
    /// <param name="cancellationToken">Gives up before the block is handed to its shard; a hand-over is not called back.</param>
    public async Task<BlockResult> ProcessAsync(
        CollectionInfo collection, string camera, IReadOnlyList<Wire.IngestItem> items, CameraTurn turn, CancellationToken cancellationToken)
    {
        var pending = Check(collection, camera, items);
        try
        {
            if (pending.Any(item => item.IsOpen && item.Picture is not null))
            {
                await FindRepeatsAsync(collection, camera, pending, cancellationToken);
                await AnalyzeAsync(pending, cancellationToken);
            }

            await turn.MayAppendAsync();
            var revisions = await appender.AppendAsync(collection, camera, [.. pending.Where(item => item.IsOpen)], turn);
            foreach (var item in pending.Where(item => item.RepeatOf is not null))
            {
                item.Error = item.RepeatOf!.Error;
                item.Revision = item.RepeatOf.Revision;
                item.Answer = item.RepeatOf.Answer is { } first ? first with { Status = ItemStatus.Repeated } : null;
            }

            return new BlockResult([.. pending.Select(item => Acknowledgements.Of(collection.Name, camera, item))], revisions);
        }
        finally
        {
            turn.AppendStarted();
        }
    }

    private List<PendingItem> Check(CollectionInfo collection, string camera, IReadOnlyList<Wire.IngestItem> items)
    {
        var violations = new FieldViolations();
        ResourceNames.CheckCamera(violations, "camera", camera);
        var whole = violations.Any ? violations.ToStatus() : null;
        if (items.Count > options.Value.MaxBlockItems)
        {
            whole ??= ApiError.Field(ErrorReason.BlockTooLarge, "items", $"has {items.Count} entries; at most {options.Value.MaxBlockItems} are allowed.");
        }

        var pending = new List<PendingItem>(items.Count);
        var earlier = new Dictionary<long, PendingItem>();
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            var entry = new PendingItem(item, i) { Digest = whole is null ? PayloadDigest.Of(item) : 0 };
            entry.Error = whole ?? ItemValidator.Validate(item, $"items[{i}]", collection);
            if (entry.IsOpen && !earlier.TryAdd(item.Sequence, entry))
            {
                // A shard takes distinct numbers only: the second one is answered as if it had come a moment later.
                var first = earlier[item.Sequence];
                entry.RepeatOf = first.Digest == entry.Digest ? first : null;
                entry.Error = entry.RepeatOf is null ? Acknowledgements.SequenceReused(item.Sequence) : null;
            }

            if (entry.IsOpen && item.PayloadCase == Wire.IngestItem.PayloadOneofCase.Embedding)
            {
                entry.Faces = [new FaceObservation { Box = Acknowledgements.FromWire(item.Box) }];
                entry.Embeddings = [item.Embedding.Values.Memory];
            }

            pending.Add(entry);
        }

        return pending;
    }

    private async Task FindRepeatsAsync(CollectionInfo collection, string camera, List<PendingItem> pending, CancellationToken cancellationToken)
    {
        var open = pending.Where(item => item.IsOpen && item.Picture is not null).ToList();
        try
        {
            long[] sequences = [.. open.Select(item => item.Item.Sequence)];
            ulong[] digests = [.. open.Select(item => item.Digest)];
            var found = await collections.RoutedAsync(collection, current =>
            {
                var shard = grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, current.ShardOf(camera)));
                return GrainCalls.RepeatAsync(() => shard.Find(camera, sequences, digests), cancellationToken).AsTask();
            });
            for (var i = 0; i < open.Count; i++)
            {
                open[i].Answer = found[i];
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Fail(open, exception);
        }
    }

    private async Task AnalyzeAsync(List<PendingItem> pending, CancellationToken cancellationToken)
    {
        await Task.WhenAll(pending.Where(item => item.IsOpen && item.Picture is not null).Select(async item =>
        {
            try
            {
                var (encoded, kind, field) = item.Picture!.Value;
                var (answer, error) = await pictures.AnalyzeAsync(encoded, kind, $"items[{item.BlockIndex}].{field}", cancellationToken);
                item.Error = error;
                if (answer is not null)
                {
                    item.Take(answer);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Fail([item], exception);
            }
        }));
    }

    private void Fail(List<PendingItem> items, Exception exception)
    {
        var status = errors.Map(exception);
        foreach (var item in items)
        {
            item.Error = status;
        }
    }
}

/// <summary>The answers to a block, and the positions that contain it.</summary>
internal sealed record BlockResult(IReadOnlyList<ItemAcknowledgement> Acknowledgements, IReadOnlyList<ShardRevision> Revisions);
