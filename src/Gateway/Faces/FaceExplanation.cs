using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>Says why a face is where it is.</summary>
internal sealed class FaceExplanation(IGrainFactory grains, CollectionDirectory collections, RevisionGate revisions, FaceReader faces)
{
    public async Task<ExplainFaceResponse> ExplainAsync(ExplainFaceRequest request, ServerCallContext context)
    {
        var violations = new FieldViolations();
        var name = ResourceNames.ParseFace(violations, "name", request.Name);
        violations.ThrowIfAny();
        var collection = await collections.GetAsync(name!.Value.Collection);
        await revisions.WaitAsync(collection, request.MinRevision, context);
        var found = await faces.ReadAsync(collection, [name.Value.Face], ReadMask.Default);
        if (!found.TryGetValue(name.Value.Face, out var face))
        {
            throw ApiError.NotFound(ErrorReason.FaceNotFound, request.Name);
        }

        var settings = collection.Settings;
        var response = new ExplainFaceResponse
        {
            Face = face,
            Threshold = settings.LinkThreshold,
            AmbiguityMargin = settings.AmbiguityMargin,
            MinMagnitude = settings.QualityGate,
        };
        if (await grains.GetGrain<IForestGrain>(collection.Name).Explain(name.Value.Face) is { Path.Count: > 0 } explanation)
        {
            await FillAsync(response, collection.Name, explanation);
        }

        return response;
    }

    private async Task FillAsync(ExplainFaceResponse response, string collection, Explanation explanation)
    {
        var path = explanation.Path;
        response.CenterFace = ResourceNames.Face(collection, path[^1].Face.Id);
        for (var i = 0; i + 1 < path.Count; i++)
        {
            var (face, parent) = (path[i].Face, path[i + 1].Face);
            response.Path.Add(new ExplainFaceResponse.Types.Hop
            {
                Face = ResourceNames.Face(collection, face.Id),
                Magnitude = face.Magnitude,
                Parent = ResourceNames.Face(collection, parent.Id),
                ParentMagnitude = parent.Magnitude,
                Similarity = face.ParentSimilarity,
                Threshold = explanation.LinkThreshold,
            });
        }

        var candidates = path[0].Candidates;
        var members = await faces.MembersAsync(collection, [.. candidates.Select(candidate => candidate.Id)]);
        foreach (var candidate in candidates)
        {
            if (members.TryGetValue(candidate.Id, out var member))
            {
                response.Alternatives.Add(new ExplainFaceResponse.Types.Alternative
                {
                    Face = ResourceNames.Face(collection, candidate.Id),
                    Magnitude = member.Magnitude,
                    Similarity = candidate.Similarity,
                    Cluster = ResourceNames.Cluster(collection, member.Cluster),
                });
            }
        }
    }
}
