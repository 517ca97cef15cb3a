using System.Runtime.InteropServices;
using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Index;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// The two halves of linking. As origin: take faces that wait, ask every shard, merge the answers, store the result.
/// As callee: compare with every face here, merge the offers into lower-ranked faces, store them, answer.
/// </summary>
internal sealed partial class ShardGrain
{
    private readonly HashSet<FaceId> _deletedIds = [];
    private TaskCompletionSource _progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private double _lagMilliseconds;
    private bool _linking;

    long ForestFeed.ISource.LinkedThrough => _queue.LinkedThrough;

    long ForestFeed.ISource.Epoch => _store!.Epoch;

    int ForestFeed.ISource.FaceCount => _table.Faces.Count;

    /// <inheritdoc/>
    public async ValueTask<LinkAnswer> Link(LinkRequest request, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        var queries = Queries(request);
        var results = await _scans!.Link(queries, cancellationToken);
        if (await Offer(request, results, cancellationToken))
        {
            // The origin counts its face as clustered when all answers are there, so their effects must have arrived.
            await WhileOpen(_feed!.Flushed(), CancellationToken.None);
        }

        return new LinkAnswer { Candidates = Array.ConvertAll(results, static result => Hits(result.Candidates)) };
    }

    /// <summary>Merges all offers and makes them durable; true where the forest has to hear of one.</summary>
    private async Task<bool> Offer(LinkRequest request, LinkResult[] results, CancellationToken cancellationToken)
    {
        using var writing = await EnterAsync(cancellationToken);
        var changed = new HashSet<int>();
        var shown = false;
        for (var q = 0; q < results.Length; q++)
        {
            // The face may have been deleted while the scan ran; then nobody may connect to it any more.
            if (_deletedIds.Contains(request.Ids[q]))
            {
                continue;
            }

            foreach (var offer in results[q].Offers)
            {
                shown |= Offer(offer, request.Ids[q], changed);
            }
        }

        if (changed.Count > 0)
        {
            await Write(_store!.ApplyLinksAsync(new LinkUpdate { Changed = Lists(changed) }));
        }

        return shown;
    }

    FacePlace? ForestFeed.ISource.Place(int face)
    {
        ref var row = ref _table.Faces[face];
        return row.Deleted || !row.Linked ? null : new FacePlace
        {
            Id = row.Id,
            Magnitude = row.Magnitude,
            Candidates = Hits(row.Candidates.Items),
        };
    }

    private static FaceHit[] Hits(ReadOnlySpan<Candidate> candidates)
    {
        var hits = new FaceHit[candidates.Length];
        for (var i = 0; i < hits.Length; i++)
        {
            hits[i] = new FaceHit(candidates[i].Id, candidates[i].Similarity);
        }

        return hits;
    }

    private static FaceHit[] Hits(Neighbour[] neighbours) =>
        Array.ConvertAll(neighbours, static neighbour => new FaceHit(neighbour.Id, neighbour.Similarity));

    /// <summary>Merges an offer into a face here; true where the forest has to hear of it.</summary>
    private bool Offer(in Neighbour offer, FaceId from, HashSet<int> changed)
    {
        var row = _table.FaceOfIndexRow(offer.Row);
        ref var face = ref _table.Faces[row];
        if (face.Deleted)
        {
            return false;
        }

        if (face.Candidates.Offer(new Candidate(from, offer.Similarity)) == OfferOutcome.Unchanged)
        {
            // A repeat of a link that failed elsewhere: the offer is in the list, but perhaps not yet in the forest.
            return face.Linked && Holds(face.Candidates, from);
        }

        _table.SetAcceptance(row);
        changed.Add(row);
        _mirror?.Touch(row);
        if (face.Linked)
        {
            _feed!.Change(row);
        }

        return face.Linked;
    }

    private static bool Holds(in CandidateList candidates, FaceId id)
    {
        foreach (var candidate in candidates.Items)
        {
            if (candidate.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    private LinkQuery[] Queries(LinkRequest request)
    {
        var dimension = Settings.Dimension;
        if (request.Ids.Count != request.Magnitudes.Count || request.Units.Length != request.Ids.Count * dimension * sizeof(float))
        {
            throw Invalid("units", $"{request.Ids.Count} faces of {dimension} floats need as many magnitudes and {request.Ids.Count * dimension * sizeof(float)} bytes.");
        }

        // One private copy as floats: the scan may outlive the message.
        var units = MemoryMarshal.Cast<byte, float>(request.Units.Span).ToArray();
        var queries = new LinkQuery[request.Ids.Count];
        for (var i = 0; i < queries.Length; i++)
        {
            queries[i] = new LinkQuery(new FaceRank(request.Magnitudes[i], request.Ids[i]), units.AsMemory(i * dimension, dimension));
        }

        return queries;
    }

    private List<LinkEntry> Lists(IReadOnlyCollection<int> rows)
    {
        var lists = new List<LinkEntry>(rows.Count);
        foreach (var row in rows)
        {
            ref var face = ref _table.Faces[row];
            if (!face.Deleted)
            {
                lists.Add(new LinkEntry(face.Id, Entries(face.Candidates.Items)));
            }
        }

        return lists;
    }

    private static CandidateEntry[] Entries(ReadOnlySpan<Candidate> candidates)
    {
        var entries = new CandidateEntry[candidates.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new CandidateEntry(candidates[i].Id, candidates[i].Similarity);
        }

        return entries;
    }

    private void ResumeAfter(ShardReplay replay)
    {
        replay.Finish();
        _lastVisibleLsn = _lastLsn;
        _untold.UnionWith(replay.Untold);
        if (!Settings.Linking)
        {
            return;
        }

        var now = time.GetTimestamp();
        foreach (var (face, lsn) in replay.Pending.OrderBy(static pending => pending.Value).ThenBy(static pending => pending.Key))
        {
            _queue.Add(face, lsn, now);
        }

        _feed!.Restart();
        StartLinking();
        StartForgetting();
    }

    /// <summary>
    /// Whether background work has to end: the activation is over, or the process stops and its silo no longer passes
    /// calls on. The next activation goes on with what the store says is undone.
    /// </summary>
    private bool Stopping => _closed is not null || _stopping.IsCancellationRequested;

    private void StartLinking()
    {
        if (!_linking && !Stopping && _queue.Count > 0)
        {
            _linking = true;
            _ = LinkAllAsync();
        }
    }

    private async Task LinkAllAsync()
    {
        // The append that woke this answers first; more faces may join the round meanwhile.
        await Task.Yield();
        var delay = _options.RetryDelay;
        try
        {
            while (!Stopping && _queue.Count > 0)
            {
                try
                {
                    await LinkRound();
                    delay = _options.RetryDelay;
                }
                catch (Exception error) when (error is not OutOfMemoryException)
                {
                    if (!Stopping)
                    {
                        LogLinkFailed(logger, _collection, _shard, error);
                        await Task.Delay(delay, time);
                        delay = delay < TimeSpan.FromSeconds(5) ? delay * 2 : delay;
                    }
                }
            }
        }
        finally
        {
            _linking = false;
            Progress();
        }
    }

    private async Task LinkRound()
    {
        var round = _queue.Take(Math.Clamp(_options.LinkBatch, 1, 32)).Where(waiting => !_table.Faces[waiting.Face].Deleted).ToArray();
        if (round.Length > 0)
        {
            var answers = await AskAllShards(Request(round));
            using var writing = await EnterAsync(_stopping.Token);
            Accept(round, answers, out var complete, out var incomplete);
            var rows = Array.ConvertAll(round, static waiting => waiting.Face);
            await Write(_store!.ApplyLinksAsync(new LinkUpdate
            {
                Changed = Lists(rows),
                Linked = [.. complete.Where(row => !_table.Faces[row].Deleted).Select(row => _table.Faces[row].Id)],
            }));
            Complete(round, complete, incomplete);
        }
        else
        {
            _queue.Done();
        }

        _feed!.Wake();
        Progress();
    }

    private LinkRequest Request((int Face, long Lsn, long Since)[] round)
    {
        var size = Settings.Dimension * sizeof(float);
        var ids = new FaceId[round.Length];
        var magnitudes = new float[round.Length];
        var units = new byte[round.Length * size];
        var view = _table.Index.Snapshot();
        for (var i = 0; i < round.Length; i++)
        {
            ref var face = ref _table.Faces[round[i].Face];
            ids[i] = face.Id;
            magnitudes[i] = face.Magnitude;
            MemoryMarshal.AsBytes(view.Vector(face.IndexRow)).CopyTo(units.AsSpan(i * size));
        }

        return new LinkRequest { Ids = ids, Magnitudes = magnitudes, Units = units };
    }

    /// <summary>
    /// The answers of every shard of one map. Each of them had all faces of its slots when it answered, so every face that
    /// was visible when this began has been compared.
    /// </summary>
    private Task<LinkAnswer[]> AskAllShards(LinkRequest request) =>
        _routes.AllAsync(shard => shard == _shard ? Link(request, _stopping.Token).AsTask() : _routes.Shard(shard).Link(request, _stopping.Token).AsTask());

    private void Accept((int Face, long Lsn, long Since)[] round, LinkAnswer[] answers, out List<int> complete, out List<int> incomplete)
    {
        complete = [];
        incomplete = [];
        for (var i = 0; i < round.Length; i++)
        {
            var row = round[i].Face;
            ref var face = ref _table.Faces[row];
            var lost = false;
            foreach (var answer in answers)
            {
                foreach (var hit in answer.Candidates[i])
                {
                    if (_deletedIds.Contains(hit.Id))
                    {
                        // It pushed another one out of the answer; only a new query knows which.
                        lost = true;
                    }
                    else if (!face.Deleted)
                    {
                        face.Candidates.Offer(new Candidate(hit.Id, hit.Similarity));
                    }
                }
            }

            _table.SetAcceptance(row);
            _mirror?.Touch(row);
            (lost ? incomplete : complete).Add(row);
        }
    }

    private void Complete((int Face, long Lsn, long Since)[] round, List<int> complete, List<int> incomplete)
    {
        foreach (var row in complete)
        {
            _table.Faces[row].Linked = true;
            _mirror?.Touch(row);
            _feed!.Change(row);
        }

        // Last, because it moves the position up to which the forest may say that it knows everything.
        _queue.Done();
        foreach (var row in incomplete)
        {
            _queue.Add(row, _lastLsn, time.GetTimestamp());
        }

        foreach (var (_, _, since) in round)
        {
            var lag = time.GetElapsedTime(since);
            _lagMilliseconds = lag.TotalMilliseconds;
            ShardInstruments.Linked(lag.TotalSeconds);
        }
    }

    private void Progress()
    {
        var progressed = _progress;
        _progress = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        progressed.TrySetResult();
    }
}
