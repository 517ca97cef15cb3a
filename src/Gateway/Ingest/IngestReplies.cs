using System.Threading.Channels;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.Gateway.Ingest;

/// <summary>
/// The writing half of an ingest stream: joins the answers of all blocks that are done into one message. The queue
/// needs no bound of its own, since a block keeps its room until its answer has been written.
/// </summary>
internal sealed class IngestReplies(IServerStreamWriter<IngestResponse> writer, Action<long> releaseBlock)
{
    private const int MaxAcknowledgements = 512;

    private readonly Channel<Reply> _queue = Channel.CreateUnbounded<Reply>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<int, long> _positions = [];
    private Guid _collectionUid;

    /// <summary>Grants credit that does not come from an answered block.</summary>
    public void Grant(int blocks, long bytes) => _queue.Writer.TryWrite(new Reply { Credit = new Credit { Blocks = blocks, Bytes = bytes } });

    /// <summary>Tells the client to leave.</summary>
    public void Drain(TimeSpan grace) => _queue.Writer.TryWrite(new Reply { Draining = new Draining { Grace = grace.ToDuration() } });

    /// <summary>Answers a block and gives its room back.</summary>
    public void Acknowledge(BlockResult result, CollectionInfo? collection, long bytes) =>
        _queue.Writer.TryWrite(new Reply { Result = result, Collection = collection, BlockBytes = bytes });

    /// <summary>No more replies.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/>.</summary>
    public async Task WriteAsync()
    {
        await foreach (var first in _queue.Reader.ReadAllAsync())
        {
            var response = new IngestResponse();
            var blocks = new List<long>();
            Add(response, first, blocks);
            while (response.Acknowledgements.Count < MaxAcknowledgements && _queue.Reader.TryRead(out var next))
            {
                Add(response, next, blocks);
            }

            await writer.WriteAsync(response);
            blocks.ForEach(releaseBlock);
        }
    }

    private void Add(IngestResponse response, Reply reply, List<long> blocks)
    {
        response.Draining ??= reply.Draining;
        if (reply.Credit is { } credit)
        {
            AddCredit(response, credit.Blocks, credit.Bytes);
        }

        if (reply.Result is not { } result)
        {
            return;
        }

        response.Acknowledgements.AddRange(result.Acknowledgements);
        AddCredit(response, 1, reply.BlockBytes);
        blocks.Add(reply.BlockBytes);
        if (result.Revisions.Count > 0 && reply.Collection is { } collection)
        {
            response.Revision = Advance(collection, result.Revisions);
        }
    }

    private string Advance(CollectionInfo collection, IReadOnlyList<ShardRevision> revisions)
    {
        if (collection.Uid != _collectionUid)
        {
            _positions.Clear();
            _collectionUid = collection.Uid;
        }

        foreach (var revision in revisions)
        {
            _positions[revision.Shard] = Math.Max(_positions.GetValueOrDefault(revision.Shard), revision.Lsn);
        }

        return RevisionToken.Encode(_collectionUid, [.. _positions.Select(pair => new ShardRevision(pair.Key, pair.Value))]);
    }

    private static void AddCredit(IngestResponse response, int blocks, long bytes)
    {
        response.Credit ??= new Credit();
        response.Credit.Blocks += blocks;
        response.Credit.Bytes += bytes;
    }

    private sealed class Reply
    {
        public Credit? Credit { get; init; }

        public Draining? Draining { get; init; }

        public BlockResult? Result { get; init; }

        public CollectionInfo? Collection { get; init; }

        public long BlockBytes { get; init; }
    }
}
