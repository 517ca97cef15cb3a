using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>Search over all stored faces, and the comparison of two.</summary>
internal sealed class FaceMatching(
    CollectionDirectory collections, RevisionGate revisions, QueryReader queries, ShardSearch search, FaceReader faces, Calibration calibration, TimeProvider time)
{
    private const int DefaultResults = 10;

    public async Task<SearchFacesResponse> SearchAsync(SearchFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        var limit = Paging.Size(violations, "max_results", request.MaxResults, DefaultResults, ShardSearch.MaxLimit);
        var mask = ReadMask.Parse(violations, request.ReadMask);
        var minimum = request.HasMinSimilarity ? request.MinSimilarity : -1;
        violations.Range("min_similarity", minimum, -1, 1).ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var completeness = Completeness.Of(collection.Name, request.AllowPartial, context, time);
        var (query, refused) = await queries.ReadAsync(collection, "query", request.Query, completeness, context.CancellationToken);
        var (hits, approximate) = await search.SearchAsync(collection, query, limit, minimum, request.Exact, completeness, context.CancellationToken);
        var found = await faces.ReadAsync(collection, [.. hits.SelectMany(list => list).Select(hit => hit.Id)], mask, completeness);
        var response = new SearchFacesResponse { Approximate = approximate, Unreachable = { completeness.Unreachable } };
        for (var i = 0; i < query.Count; i++)
        {
            response.Results.Add(new FaceSearchResult
            {
                Box = Acknowledgements.ToWire(query[i].Box),
                Quality = Quality(query[i]),
                Matches = { hits[i].Where(hit => found.ContainsKey(hit.Id)).Select(hit => Match(collection, found[hit.Id], hit)) },
            });
        }

        response.Results.AddRange(refused.Select(face => new FaceSearchResult
        {
            Box = Acknowledgements.ToWire(face.Box),
            Quality = Quality(face),
            Refusal = Acknowledgements.ToWire(face.Reason),
        }));
        return response;
    }

    public async Task<VerifyFacesResponse> VerifyAsync(VerifyFacesRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseCollection(violations, "parent", request.Parent);
        violations.Range("threshold", request.HasThreshold ? request.Threshold : 0, -1, 1).ThrowIfAny();
        var collection = await collections.GetAsync(name!);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var completeness = Completeness.Of(collection.Name, allowPartial: false, context, time);
        var first = await LargestAsync(collection, "first", request.First, completeness, context.CancellationToken);
        var second = await LargestAsync(collection, "second", request.Second, completeness, context.CancellationToken);
        var similarity = Cosine(first.Face, second.Face);
        var threshold = request.HasThreshold ? request.Threshold : collection.Settings.LinkThreshold;
        var response = new VerifyFacesResponse
        {
            Similarity = similarity,
            SamePerson = similarity > threshold,
            Threshold = threshold,
            First = Verified(first.Face, first.Count),
            Second = Verified(second.Face, second.Count),
        };
        if (calibration.Probability(collection.Settings.ModelId, similarity) is { } probability)
        {
            response.Probability = probability;
        }

        return response;
    }

    /// <summary>The quality of a face that was asked with.</summary>
    public static Quality Quality(QueryFace face) => new() { Magnitude = face.Magnitude, DetectionScore = face.DetectionScore };

    /// <summary>The quality of a face that could not be used.</summary>
    public static Quality Quality(RefusedFace face) => new() { DetectionScore = face.DetectionScore };

    private FaceMatch Match(CollectionInfo collection, Face face, FaceHit hit)
    {
        var match = new FaceMatch { Face = face, Similarity = hit.Similarity };
        if (calibration.Probability(collection.Settings.ModelId, hit.Similarity) is { } probability)
        {
            match.Probability = probability;
        }

        return match;
    }

    private async Task<(QueryFace Face, int Count)> LargestAsync(
        CollectionInfo collection, string field, FaceQuery? query, Completeness completeness, CancellationToken cancellationToken)
    {
        var (found, _) = await queries.ReadAsync(collection, field, query, completeness, cancellationToken);
        return found.Count > 0
            ? (found.MaxBy(face => face.Box is { } box ? box.Width * box.Height : 0)!, found.Count)
            : throw ApiError.Exception(StatusCode.FailedPrecondition, ErrorReason.NoFaceFound, $"{field}: the picture holds no usable face.");
    }

    private static VerifyFacesResponse.Types.VerifiedFace Verified(QueryFace face, int count) =>
        new() { Box = Acknowledgements.ToWire(face.Box), Quality = Quality(face), FaceCount = count };

    private static double Cosine(QueryFace first, QueryFace second)
    {
        var a = MemoryMarshal.Cast<byte, float>(first.Embedding.Span);
        var b = MemoryMarshal.Cast<byte, float>(second.Embedding.Span);
        var units = new float[a.Length + b.Length];
        Similarity.Normalize(a, units.AsSpan(0, a.Length));
        Similarity.Normalize(b, units.AsSpan(a.Length));
        return Math.Clamp(Similarity.Dot(units.AsSpan(0, a.Length), units.AsSpan(a.Length)), -1, 1);
    }
}
