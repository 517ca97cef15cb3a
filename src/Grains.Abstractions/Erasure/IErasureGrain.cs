using FaceCluster.Core;

namespace FaceCluster.Grains;

/// <summary>
/// The erasures of one collection, key: its name. An erasure is durable when <see cref="Start"/> answers and goes on
/// after a restart where it stopped; one runs at a time, in the order in which they were started.
/// </summary>
/// <remarks>All methods throw <see cref="DomainException"/> with NOT_FOUND where the collection does not exist.</remarks>
[Alias("fc.IErasureGrain")]
public interface IErasureGrain : IGrainWithStringKey
{
    /// <summary>Most faces of one erasure.</summary>
    const int MaxFaces = 1_000_000;

    /// <summary>
    /// Starts the erasure of faces, or of an identity with its faces. An id that was used before is answered with the
    /// erasure that has it. Faces that do not exist, or were deleted already, are erased all the same: their bytes may still
    /// be in files. NOT_FOUND IDENTITY_NOT_FOUND for an unknown identity.
    /// </summary>
    /// <param name="id">1 to 32 hexadecimal digits, chosen by the caller.</param>
    /// <param name="faces">The faces, at most <see cref="MaxFaces"/>; empty where an identity is named.</param>
    /// <param name="identity">The identity, or null.</param>
    [Alias("Start")]
    ValueTask<ErasureInfo> Start(string id, [Immutable] IReadOnlyList<FaceId> faces, string? identity);

    /// <summary>How far an erasure is, or null where there is none of the id.</summary>
    [Alias("Get")]
    ValueTask<ErasureInfo?> Get(string id);

    /// <summary>The erasure when it has ended, or as it is after the time, which is at most 20 s; null where there is none.</summary>
    [Alias("Wait")]
    ValueTask<ErasureInfo?> Wait(string id, TimeSpan time, CancellationToken cancellationToken = default);

    /// <summary>At most 1,000 erasures in the order in which they were started, after the given one. The last 1,000 are kept.</summary>
    [Alias("List")]
    ValueTask<IReadOnlyList<ErasureInfo>> List(string? after, int limit);

    /// <summary>Goes on with what a restart interrupted; called for every collection when a silo starts.</summary>
    [Alias("Resume")]
    ValueTask Resume();

    /// <summary>Forgets all erasures; part of deleting a collection.</summary>
    [Alias("Drop")]
    ValueTask Drop();
}
