using FaceCluster.Core;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;
using Grpc.Core;

namespace FaceCluster.Gateway.Faces;

/// <summary>Turns what a caller asks with (a picture, a crop, an embedding, a stored face) into faces with embeddings.</summary>
internal sealed class QueryReader(PictureAnalyzer pictures, FaceReader faces)
{
    /// <summary>The faces of a query: any number for a picture, else exactly one. A stored face has to be there, whatever else may be missing.</summary>
    public async Task<Query> ReadAsync(
        CollectionInfo collection, string field, FaceQuery? query, Completeness completeness, CancellationToken cancellationToken)
    {
        switch (query?.SourceCase)
        {
            case FaceQuery.SourceOneofCase.Image:
                return await PictureAsync(query.Image, PictureKind.Frame, $"{field}.image", cancellationToken);
            case FaceQuery.SourceOneofCase.AlignedCrop:
                return Single(await PictureAsync(query.AlignedCrop, PictureKind.AlignedCrop, $"{field}.aligned_crop", cancellationToken), field);
            case FaceQuery.SourceOneofCase.FaceCrop:
                return Single(await PictureAsync(query.FaceCrop, PictureKind.WholeImage, $"{field}.face_crop", cancellationToken), field);
            case FaceQuery.SourceOneofCase.Embedding:
                return Query.Of(Embedding(collection, $"{field}.embedding", query.Embedding));
            case FaceQuery.SourceOneofCase.Face:
                return Query.Of(await StoredAsync(collection, $"{field}.face", query.Face, completeness));
            default:
                throw ApiError.FieldException(ErrorReason.InvalidField, field, "is missing; one of image, aligned_crop, face_crop, embedding and face is needed.");
        }
    }

    /// <summary>The embeddings of all faces in one block, as searches take them.</summary>
    public static ReadOnlyMemory<byte> Join(IReadOnlyList<QueryFace> query)
    {
        if (query.Count == 1)
        {
            return query[0].Embedding;
        }

        var joined = new byte[query.Sum(face => face.Embedding.Length)];
        var at = 0;
        foreach (var face in query)
        {
            face.Embedding.CopyTo(joined.AsMemory(at));
            at += face.Embedding.Length;
        }

        return joined;
    }

    private async Task<Query> PictureAsync(ByteString encoded, PictureKind kind, string field, CancellationToken cancellationToken)
    {
        var (answer, error) = await pictures.AnalyzeAsync(encoded, kind, field, cancellationToken);
        if (error is not null)
        {
            throw error.ToRpcException();
        }

        return new Query(
            [.. answer!.Faces.Select(face => new QueryFace(face.Embedding, face.Magnitude, face.DetectionScore, face.Box, FaceId.None))],
            answer.Refused);
    }

    private static QueryFace Embedding(CollectionInfo collection, string field, Embedding embedding)
    {
        var violations = new FieldViolations();
        var magnitude = EmbeddingCheck.Check(violations, field, embedding, collection);
        violations.ThrowIfAny();
        return new QueryFace(embedding.Values.Memory, magnitude, 1, null, FaceId.None);
    }

    private async Task<QueryFace> StoredAsync(CollectionInfo collection, string field, string name, Completeness completeness)
    {
        var violations = new FieldViolations();
        var parsed = ResourceNames.ParseFace(violations, field, name);
        if (parsed is { } other && other.Collection != collection.Name)
        {
            violations.Add(field, $"is a face of another collection than {collection.Name}.");
        }

        violations.ThrowIfAny();
        var records = await faces.RecordsAsync(collection, [parsed!.Value.Face], withEmbedding: true, completeness.AsWhole());
        return records is [var record]
            ? new QueryFace(record.UnitEmbedding, record.Magnitude, record.DetectionScore, record.Box, record.Id)
            : throw ApiError.NotFound(ErrorReason.FaceNotFound, name);
    }

    private static Query Single(Query found, string field) =>
        found.Faces.Count > 0
            ? Query.Of(found.Faces[0])
            : throw ApiError.Exception(StatusCode.FailedPrecondition, ErrorReason.NoFaceFound, $"{field}: the picture holds no usable face.");
}
