using FaceCluster.Clustering;
using FaceCluster.Core;

namespace FaceCluster.Grains.Forest;

internal sealed partial class ForestGrain
{
    private const int MaxPage = 1000;

    // Members looked at before other calls get a turn: about a millisecond.
    private const int MembersPerSlice = 4096;

    /// <inheritdoc/>
    public async ValueTask<ClusterInfo?> GetCluster(FaceId id)
    {
        await Synchronized();
        return await Resolve(id) is { } cluster ? await Info(cluster) : null;
    }

    /// <inheritdoc/>
    public async ValueTask<ClusterPage> ListClusters(ClusterCursor? after, int limit, int minSize = 1)
    {
        await Synchronized();
        limit = Math.Clamp(limit, 1, MaxPage);
        var page = _view.ListBySize(after is { } cursor ? new ClusterSummary(cursor.Id, cursor.Size) : null, limit, Math.Max(1, minSize));
        var clusters = new List<ClusterInfo>(page.Count);
        foreach (var cluster in page)
        {
            clusters.Add(await Info(cluster));
        }

        return new ClusterPage
        {
            Clusters = clusters,
            Next = page.Count == limit ? new ClusterCursor(page[^1].Size, page[^1].Id) : null,
            TotalClusters = _view.ClusterCount,
            Unreachable = Unreachable(),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<MemberPage?> ListMembers(FaceId cluster, FaceId after, int limit)
    {
        await Synchronized();
        if (await Resolve(cluster) is not { } summary)
        {
            return null;
        }

        limit = Math.Clamp(limit, 1, MaxPage);
        FaceRank? from = null;
        if (!after.IsNone && _view.TryGetCandidates(after, out var rank, out _))
        {
            from = rank;
        }

        var info = await Info(summary);
        var members = _view.ListMembers(summary.Id, from, limit);
        return new MemberPage
        {
            Cluster = info,
            Members = [.. members.Select(member => Member(member.Id)).OfType<MemberInfo>()],
            Next = members.Count == limit ? members[^1].Id : FaceId.None,
        };
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<MemberInfo>> GetMembers(IReadOnlyList<FaceId> ids)
    {
        await Synchronized();
        return [.. ids.Select(Member).OfType<MemberInfo>()];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<MemberInfo>> ListUncertain(FaceId after, int limit)
    {
        await Synchronized();
        limit = Math.Clamp(limit, 1, MaxPage);
        var found = new SortedSet<FaceId>();
        var looked = 0;
        foreach (var shard in _shards.Values.ToArray())
        {
            // A copy, because the set changes while other calls have their turns.
            foreach (var id in shard.Faces.ToArray())
            {
                if (++looked % MembersPerSlice == 0)
                {
                    await Task.Yield();
                }

                if (id > after && (found.Count < limit || id < found.Max) && _view.Marks(id) != FaceMarks.None)
                {
                    found.Add(id);
                    if (found.Count > limit)
                    {
                        found.Remove(found.Max);
                    }
                }
            }
        }

        return [.. found.Select(Member).OfType<MemberInfo>()];
    }

    /// <inheritdoc/>
    public async ValueTask<Explanation?> Explain(FaceId id)
    {
        await Synchronized();
        var path = _view.PathToRoot(id);
        if (path.Count == 0)
        {
            return null;
        }

        var settings = _info!.Settings;
        return new Explanation
        {
            Path = [.. path.Select(hop => new ExplainHop { Face = Member(hop.Face.Id)!, Candidates = Hits(hop.Face.Id) })],
            LinkThreshold = settings.LinkThreshold,
            AmbiguityMargin = settings.AmbiguityMargin,
            QualityGate = settings.QualityGate,
        };
    }

    /// <inheritdoc/>
    public async ValueTask<ClusterEvents> Watch(Guid epoch, long afterNumber, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        await Synchronized();
        var events = epoch == _events.Epoch ? _events.Read(afterNumber, MaxPage) : null;
        if (events is { Length: 0 } && wait > TimeSpan.Zero)
        {
            try
            {
                var started = time.GetTimestamp();
                while (events is { Length: 0 } && wait - time.GetElapsedTime(started) is { Ticks: > 0 } left)
                {
                    await Changed(left, cancellationToken);
                    events = _events.Read(afterNumber, MaxPage);
                }
            }
            catch (TimeoutException)
            {
                // Nothing happened; the empty answer is a sign of life.
            }
        }

        events ??= _events.Snapshot();
        return new ClusterEvents
        {
            Epoch = _events.Epoch,
            Events = events,
            LastNumber = events.Length > 0 ? events[^1].Number : afterNumber,
        };
    }

    private async ValueTask<ClusterSummary?> Resolve(FaceId id)
    {
        // Each hop leads to another deleted centre, and there are finitely many; the bound only guards against damage.
        for (var hops = 0; hops < 1000; hops++)
        {
            if (_view.TryResolve(id, out var cluster))
            {
                return cluster;
            }

            if (await metadata.Values.FindAsync(RedirectKey(id)) is not { } stored)
            {
                return null;
            }

            id = FaceId.Read(stored.Value.Span);
        }

        return null;
    }

    private async ValueTask<ClusterInfo> Info(ClusterSummary cluster)
    {
        var uncertain = 0;
        FaceRank? after = null;
        while (_view.ListMembers(cluster.Id, after, MembersPerSlice) is { Count: > 0 } members)
        {
            uncertain += members.Count(member => _view.Marks(member.Id) != FaceMarks.None);
            if (members.Count < MembersPerSlice)
            {
                break;
            }

            after = members[^1];
            await Task.Yield();
        }

        _view.TryGetCandidates(cluster.Id, out var rank, out _);
        return new ClusterInfo { Id = cluster.Id, Size = cluster.Size, Magnitude = rank.Magnitude, Uncertain = uncertain };
    }

    private MemberInfo? Member(FaceId id)
    {
        if (!_view.TryGetCandidates(id, out var rank, out _) || !_view.TryResolve(id, out var cluster))
        {
            return null;
        }

        var hop = _view.PathToRoot(id)[0];
        var marks = _view.Marks(id);
        return new MemberInfo
        {
            Id = id,
            Magnitude = rank.Magnitude,
            Cluster = cluster.Id,
            Parent = hop.Parent,
            ParentSimilarity = hop.Parent.IsNone ? 1 : hop.Similarity,
            Uncertain = marks.HasFlag(FaceMarks.LowQuality) ? UncertainReason.LowQuality
                : marks.HasFlag(FaceMarks.Ambiguous) ? UncertainReason.Ambiguous
                : UncertainReason.None,
            Rival = marks.HasFlag(FaceMarks.Ambiguous) ? Rival(id, cluster.Id) : null,
        };
    }

    private FaceHit? Rival(FaceId id, FaceId cluster)
    {
        foreach (var hit in Hits(id))
        {
            if (_view.TryResolve(hit.Id, out var other) && other.Id != cluster)
            {
                return hit;
            }
        }

        return null;
    }

    private FaceHit[] Hits(FaceId id)
    {
        _view.TryGetCandidates(id, out _, out var candidates);
        var hits = new FaceHit[candidates.Count];
        for (var i = 0; i < hits.Length; i++)
        {
            hits[i] = new FaceHit(candidates.Items[i].Id, candidates.Items[i].Similarity);
        }

        return hits;
    }
}
