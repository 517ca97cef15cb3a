using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>
/// The identities of a collection and their templates (sum of the raw embeddings, then normalised: each face weighs by
/// its magnitude). Key: the collection.
/// </summary>
[Alias("fc.IGalleryGrain")]
public interface IGalleryGrain : IGrainWithStringKey
{
    /// <summary>Creates an identity; <paramref name="id"/> null makes one up. ALREADY_EXISTS where the id is taken.</summary>
    [Alias("Create")]
    ValueTask<IdentityInfo> Create(string? id, string displayName, [Immutable] IReadOnlyDictionary<string, string> labels);

    /// <summary>
    /// Adds stored faces (repeats are ignored). NOT_FOUND naming the first unknown face, FAILED_PRECONDITION
    /// FACE_ENROLLED where a face belongs to another identity, ABORTED where a given etag is not the present one.
    /// </summary>
    [Alias("Enrol")]
    ValueTask<IdentityInfo> Enrol(string id, [Immutable] IReadOnlyList<FaceId> faces, string? etag = null);

    /// <summary>The identity, or null.</summary>
    [Alias("Get")]
    ValueTask<IdentityInfo?> Get(string id);

    /// <summary>At most 1,000 identities in order of id, after the given one.</summary>
    [Alias("List")]
    ValueTask<IReadOnlyList<IdentityInfo>> List(string? after, int limit);

    /// <summary>
    /// Deletes an identity and its faces from search, clusters and store; null where there is none, else the number of
    /// faces deleted.
    /// </summary>
    [Alias("Delete")]
    [ResponseTimeout("00:05:00")]
    ValueTask<int?> Delete(string id, string? etag = null);

    /// <summary>
    /// Exact 1:N search over templates and enrolled faces, as of the last enrolment acknowledged.
    /// <paramref name="embeddings"/>: queries x dimension little-endian singles. One list per query, best first.
    /// </summary>
    [Alias("Identify")]
    ValueTask<IReadOnlyList<IdentityCandidate[]>> Identify([Immutable] ReadOnlyMemory<byte> embeddings, int limit, double minSimilarity, CancellationToken cancellationToken = default);

    /// <summary>The identity of each face that has one.</summary>
    [Alias("FindByFaces")]
    ValueTask<IReadOnlyDictionary<FaceId, string>> FindByFaces([Immutable] IReadOnlyList<FaceId> faces);

    /// <summary>Takes deleted faces out of all identities.</summary>
    [Alias("RemoveFaces")]
    ValueTask RemoveFaces([Immutable] IReadOnlyList<FaceId> faces);

    /// <summary>Deletes all identities; part of deleting a collection.</summary>
    [Alias("Drop")]
    ValueTask Drop();
}
