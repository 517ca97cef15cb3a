using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using UncertainReason = FaceCluster.V1.UncertainReason;

namespace FaceCluster.Gateway.Faces;

/// <summary>Puts faces together from what their shards, the forest and the gallery know of them.</summary>
internal sealed class FaceReader(IGrainFactory grains, CollectionDirectory collections)
{
    private const int MaxIdsPerCall = 1000;

    /// <summary>The faces of the ids that exist, by id.</summary>
    public async Task<Dictionary<FaceId, Face>> ReadAsync(
        CollectionInfo collection, IReadOnlyCollection<FaceId> ids, ReadMask mask, Completeness? completeness = null)
    {
        var records = await RecordsAsync(collection, ids, mask.Embedding, completeness);
        return await AssembleAsync(collection, records, mask, completeness);
    }

    /// <summary>The stored records of the ids that exist, in no particular order.</summary>
    public async Task<IReadOnlyList<FaceRecord>> RecordsAsync(
        CollectionInfo collection, IReadOnlyCollection<FaceId> ids, bool withEmbedding, Completeness? completeness = null)
    {
        completeness ??= Completeness.Whole(collection.Name);
        var found = await collections.RoutedAsync(collection, current => Task.WhenAll(
            ids.Distinct().GroupBy(current.ShardOf).SelectMany(group => group.Chunk(MaxIdsPerCall).Select(chunk => completeness.ShardAsync(
                group.Key,
                _ => grains.GetGrain<IShardGrain>(ShardKey.Of(current.Name, group.Key)).Get(chunk, withEmbedding),
                [],
                CancellationToken.None)))));
        return [.. found.SelectMany(part => part)];
    }

    /// <summary>The wire form of records.</summary>
    public async Task<Dictionary<FaceId, Face>> AssembleAsync(
        CollectionInfo collection, IReadOnlyList<FaceRecord> records, ReadMask mask, Completeness? completeness = null)
    {
        FaceId[] ids = [.. records.Select(record => record.Id)];
        var identitiesCall = mask.Identity ? IdentitiesAsync(collection.Name, ids, completeness) : null;
        var members = mask.Cluster ? await MembersAsync(collection.Name, ids, completeness) : [];
        var identities = identitiesCall is null ? null : await identitiesCall;
        return records.ToDictionary(
            record => record.Id,
            record => mask.Apply(ToWire(
                collection, record, members?.GetValueOrDefault(record.Id), identities?.GetValueOrDefault(record.Id), members is not null)));
    }

    /// <summary>The places of faces in the forest; null where it is not reached and that is allowed.</summary>
    public async Task<Dictionary<FaceId, MemberInfo>?> MembersAsync(string collection, IReadOnlyList<FaceId> ids, Completeness? completeness)
    {
        completeness ??= Completeness.Whole(collection);
        var forest = grains.GetGrain<IForestGrain>(collection);
        var pages = await Task.WhenAll(ids.Chunk(MaxIdsPerCall).Select(chunk => completeness.ClustersAsync<IReadOnlyList<MemberInfo>?>(
            async _ => await forest.GetMembers(chunk), null)));
        return pages.Contains(null) ? null : pages.SelectMany(page => page!).ToDictionary(member => member.Id);
    }

    /// <summary>The places of faces in the forest.</summary>
    public async Task<Dictionary<FaceId, MemberInfo>> MembersAsync(string collection, IReadOnlyList<FaceId> ids) =>
        (await MembersAsync(collection, ids, null))!;

    /// <summary>The identities of the faces that have one.</summary>
    public async Task<IReadOnlyDictionary<FaceId, string>> IdentitiesAsync(string collection, IReadOnlyList<FaceId> ids, Completeness? completeness = null) =>
        ids.Count == 0
            ? new Dictionary<FaceId, string>()
            : await (completeness ?? Completeness.Whole(collection)).IdentitiesAsync(
                _ => grains.GetGrain<IGalleryGrain>(collection).FindByFaces(ids), new Dictionary<FaceId, string>());

    private static Face ToWire(CollectionInfo collection, FaceRecord record, MemberInfo? member, string? identity, bool clustersKnown)
    {
        var face = new Face
        {
            Name = ResourceNames.Face(collection.Name, record.Id),
            Camera = record.Camera,
            Sequence = record.Sequence,
            CaptureTime = FromMicros(record.CaptureTimeMicros),
            TrackId = record.TrackId ?? string.Empty,
            Box = Acknowledgements.ToWire(record.Box),
            Quality = new Quality { Magnitude = record.Magnitude, DetectionScore = record.DetectionScore },
            State = !clustersKnown ? Face.Types.State.Unspecified : member is null ? Face.Types.State.Pending : Face.Types.State.Clustered,
            Cluster = member is null ? string.Empty : ResourceNames.Cluster(collection.Name, member.Cluster),
            Identity = identity is null ? string.Empty : ResourceNames.Identity(collection.Name, identity),
        };
        if (record.LowQuality)
        {
            face.UncertainReasons.Add(UncertainReason.LowQuality);
        }

        if (member?.Uncertain == Grains.UncertainReason.Ambiguous)
        {
            face.UncertainReasons.Add(UncertainReason.Ambiguous);
        }

        if (record.UnitEmbedding.Length > 0)
        {
            face.Embedding = new Embedding { ModelId = collection.Settings.ModelId, Values = Raw(record) };
        }

        return face;
    }

    /// <summary>The raw embedding again: the unit vector, as long as the magnitude.</summary>
    private static ByteString Raw(FaceRecord record)
    {
        var unit = MemoryMarshal.Cast<byte, float>(record.UnitEmbedding.Span);
        var raw = new byte[record.UnitEmbedding.Length];
        var values = MemoryMarshal.Cast<byte, float>(raw.AsSpan());
        for (var i = 0; i < unit.Length; i++)
        {
            values[i] = unit[i] * record.Magnitude;
        }

        return UnsafeByteOperations.UnsafeWrap(raw);
    }

    private static Timestamp FromMicros(long micros) =>
        Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond));
}
