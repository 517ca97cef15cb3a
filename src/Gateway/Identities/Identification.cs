using FaceCluster.Core;
using FaceCluster.Gateway.Clusters;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Faces;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Identities;

/// <summary>
/// Who is it? Compares every face of a query with all templates, all enrolled faces and, unless only names are wanted,
/// all stored faces, and joins the answers by person.
/// </summary>
internal sealed class Identification(
    IGrainFactory grains,
    CollectionDirectory collections,
    RevisionGate revisions,
    QueryReader queries,
    ShardSearch search,
    FaceReader faces,
    ClusterIdentities clusterIdentities,
    Calibration calibration,
    TimeProvider time)
{
    private const int DefaultCandidates = 5;
    private const int MaxCandidates = 100;
    private const int FirstHits = 64;

    public async Task<IdentifyFacesResponse> IdentifyAsync(IdentifyFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var limit = Paging.Size(violations, "max_candidates", request.MaxCandidates, DefaultCandidates, MaxCandidates);
        violations.Range("min_similarity", request.HasMinSimilarity ? request.MinSimilarity : 0, -1, 1).ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        var minimum = request.HasMinSimilarity ? request.MinSimilarity : collection.Settings.LinkThreshold;
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var completeness = Completeness.Of(collection.Name, request.AllowPartial, context, time);
        var (query, refused) = await queries.ReadAsync(collection, "query", request.Query, completeness, context.CancellationToken);
        var (identified, approximate) = await IdentifyAsync(
            collection, query, limit, minimum, request.IdentitiesOnly, completeness, context.CancellationToken);
        return new IdentifyFacesResponse
        {
            Unreachable = { completeness.Unreachable },
            Approximate = approximate,
            Faces =
            {
                identified
                    .Concat(refused.Select(face => new IdentifiedFace
                    {
                        Box = Acknowledgements.ToWire(face.Box),
                        Quality = FaceMatching.Quality(face),
                        Refusal = Acknowledgements.ToWire(face.Reason),
                    }))
                    .OrderBy(face => face.Box?.Left ?? 0).ThenBy(face => face.Box?.Top ?? 0),
            },
        };
    }

    private async Task<(IReadOnlyList<IdentifiedFace> Faces, bool Approximate)> IdentifyAsync(
        CollectionInfo collection,
        IReadOnlyList<QueryFace> query,
        int limit,
        double minimum,
        bool identitiesOnly,
        Completeness completeness,
        CancellationToken cancellationToken)
    {
        if (query.Count == 0)
        {
            return ([], false);
        }

        // Asked together, so that a whole answer that fails names everything that is out of reach.
        var namedCall = completeness.IdentitiesAsync(
            token => grains.GetGrain<IGalleryGrain>(collection.Name).Identify(QueryReader.Join(query), limit, minimum, token),
            [.. query.Select(static _ => Array.Empty<IdentityCandidate>())],
            cancellationToken);
        var seenCall = identitiesOnly
            ? Task.FromResult<(IReadOnlyList<IReadOnlyList<Sighting>> Seen, bool Approximate)>(([.. query.Select(_ => (IReadOnlyList<Sighting>)[])], false))
            : SightingsAsync(collection, query, limit, minimum, completeness, cancellationToken);
        await Task.WhenAll(namedCall, seenCall);
        var (named, (seen, approximate)) = (await namedCall, await seenCall);
        var identified = new List<IdentifiedFace>(query.Count);
        for (var i = 0; i < query.Count; i++)
        {
            identified.Add(new IdentifiedFace
            {
                Box = Acknowledgements.ToWire(query[i].Box),
                Quality = FaceMatching.Quality(query[i]),
                Candidates = { await JoinAsync(collection, named[i], seen[i], limit, completeness) },
            });
        }

        return (identified, approximate);
    }

    /// <summary>
    /// The nearest face of each of the nearest people. One person may fill any number of hits, so the search widens
    /// until enough people are among them or it has as many hits as a search gives.
    /// </summary>
    private async Task<(IReadOnlyList<IReadOnlyList<Sighting>> Seen, bool Approximate)> SightingsAsync(
        CollectionInfo collection, IReadOnlyList<QueryFace> query, int limit, double minimum, Completeness completeness, CancellationToken cancellationToken)
    {
        var knownCall = completeness.IdentitiesAsync(
            async _ => await clusterIdentities.ReadAsync(collection.Name),
            Array.Empty<IdentityInfo>().ToLookup(static _ => FaceId.None),
            cancellationToken);
        for (var width = Math.Max(FirstHits, limit); ; width = Math.Min(ShardSearch.MaxLimit, width * 4))
        {
            var searchCall = search.SearchAsync(collection, query, width, minimum, exact: false, completeness, cancellationToken);
            await Task.WhenAll(knownCall, searchCall);
            var (known, (hits, approximate)) = (await knownCall, await searchCall);
            FaceId[] ids = [.. hits.SelectMany(list => list).Select(hit => hit.Id).Distinct()];
            var members = await faces.MembersAsync(collection.Name, ids, completeness) ?? [];
            var enrolled = await faces.IdentitiesAsync(collection.Name, ids, completeness);
            var sightings = hits.Select(list => (IReadOnlyList<Sighting>)[.. list.Select(hit => Sight(hit, members, enrolled, known)).DistinctBy(sighting => sighting.Person)]).ToList();
            if (width == ShardSearch.MaxLimit || !hits.Where((list, i) => list.Length == width && sightings[i].Count < limit).Any())
            {
                return (sightings, approximate);
            }
        }
    }

    private static Sighting Sight(
        FaceHit hit, Dictionary<FaceId, MemberInfo> members, IReadOnlyDictionary<FaceId, string> enrolled, ILookup<FaceId, IdentityInfo> known)
    {
        // A face that waits to be linked is a person of its own for now.
        var cluster = members.TryGetValue(hit.Id, out var member) ? member.Cluster : FaceId.None;
        if (!enrolled.TryGetValue(hit.Id, out var identity))
        {
            // The faces of a cluster are of one person. Where that person has one name, it is this face's, too.
            var names = known[cluster].Take(2).ToList();
            identity = names.Count == 1 ? names[0].Id : null;
        }

        return new Sighting(identity ?? $"cluster {(cluster.IsNone ? hit.Id : cluster)}", identity, cluster, hit);
    }

    private async Task<IEnumerable<Candidate>> JoinAsync(
        CollectionInfo collection, IdentityCandidate[] named, IReadOnlyList<Sighting> seen, int limit, Completeness completeness)
    {
        var candidates = named.ToDictionary(candidate => candidate.IdentityId, candidate => FromTemplate(collection, candidate));
        foreach (var sighting in seen)
        {
            var candidate = sighting.Identity is not null && candidates.TryGetValue(sighting.Identity, out var present)
                ? present
                : candidates[sighting.Person] = new Candidate { Identity = sighting.Identity is null ? string.Empty : ResourceNames.Identity(collection.Name, sighting.Identity) };
            Improve(collection, candidate, sighting);
        }

        var best = candidates.Values.OrderByDescending(candidate => candidate.Similarity).ThenBy(candidate => candidate.BestFace, StringComparer.Ordinal).Take(limit).ToList();
        foreach (var candidate in best)
        {
            await CompleteAsync(collection, candidate, completeness);
        }

        return best;
    }

    private static Candidate FromTemplate(CollectionInfo collection, IdentityCandidate named)
    {
        var candidate = new Candidate
        {
            Identity = ResourceNames.Identity(collection.Name, named.IdentityId),
            DisplayName = named.DisplayName,
            Similarity = named.Similarity,
            TemplateSimilarity = named.TemplateSimilarity,
        };
        if (!named.BestFace.Id.IsNone)
        {
            candidate.BestFace = ResourceNames.Face(collection.Name, named.BestFace.Id);
            candidate.BestFaceSimilarity = named.BestFace.Similarity;
        }

        return candidate;
    }

    private static void Improve(CollectionInfo collection, Candidate candidate, Sighting sighting)
    {
        if (candidate.HasBestFaceSimilarity && candidate.BestFaceSimilarity >= sighting.Hit.Similarity)
        {
            return;
        }

        candidate.BestFace = ResourceNames.Face(collection.Name, sighting.Hit.Id);
        candidate.BestFaceSimilarity = sighting.Hit.Similarity;
        candidate.Similarity = candidate.HasTemplateSimilarity ? Math.Max(candidate.TemplateSimilarity, sighting.Hit.Similarity) : sighting.Hit.Similarity;
    }

    private async Task CompleteAsync(CollectionInfo collection, Candidate candidate, Completeness completeness)
    {
        if (candidate.HasBestFaceSimilarity && calibration.Probability(collection.Settings.ModelId, candidate.BestFaceSimilarity) is { } probability)
        {
            candidate.Probability = probability;
        }

        if (candidate.Identity.Length > 0 && candidate.DisplayName.Length == 0)
        {
            var identity = await completeness.IdentitiesAsync(
                _ => grains.GetGrain<IGalleryGrain>(collection.Name).Get(candidate.Identity[(candidate.Identity.LastIndexOf('/') + 1)..]), null);
            candidate.DisplayName = identity?.DisplayName ?? string.Empty;
        }

        if (candidate.BestFace.Length > 0 && FaceId.TryParse(candidate.BestFace[(candidate.BestFace.LastIndexOf('/') + 1)..], out var face))
        {
            var members = await faces.MembersAsync(collection.Name, [face], completeness) ?? [];
            candidate.Cluster = members.TryGetValue(face, out var member) ? ResourceNames.Cluster(collection.Name, member.Cluster) : string.Empty;
        }
    }

    /// <summary>The nearest face of a person, who is an identity or else a cluster.</summary>
    private sealed record Sighting(string Person, string? Identity, FaceId Cluster, FaceHit Hit);
}
