using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Gateway.Ingest;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using UncertainReason = FaceCluster.V1.UncertainReason;

namespace FaceCluster.Gateway.Faces;

/// <summary>Puts faces together from what their shards, the forest and the gallery know of them.</summary>
internal sealed class FaceReader(IGrainFactory grains)
{
    private const int MaxIdsPerCall = 1000;

    /// <summary>The faces of the ids that exist, by id.</summary>
    public async Task<Dictionary<FaceId, Face>> ReadAsync(CollectionInfo collection, IReadOnlyCollection<FaceId> ids, ReadMask mask)
    {
        var records = await RecordsAsync(collection, ids, mask.Embedding);
        return await AssembleAsync(collection, records, mask);
    }

    /// <summary>The stored records of the ids that exist, in no particular order.</summary>
    public async Task<IReadOnlyList<FaceRecord>> RecordsAsync(CollectionInfo collection, IReadOnlyCollection<FaceId> ids, bool withEmbedding)
    {
        var calls = ids.Distinct().GroupBy(collection.ShardOf).SelectMany(group => group.Chunk(MaxIdsPerCall).Select(chunk =>
            grains.GetGrain<IShardGrain>(ShardKey.Of(collection.Name, group.Key)).Get(chunk, withEmbedding).AsTask()));
        return [.. (await Task.WhenAll(calls)).SelectMany(found => found)];
    }

    /// <summary>The wire form of records.</summary>
    public async Task<Dictionary<FaceId, Face>> AssembleAsync(CollectionInfo collection, IReadOnlyList<FaceRecord> records, ReadMask mask)
    {
        FaceId[] ids = [.. records.Select(record => record.Id)];
        var identitiesCall = mask.Identity ? IdentitiesAsync(collection.Name, ids) : null;
        var members = mask.Cluster ? await MembersAsync(collection.Name, ids) : [];
        var identities = identitiesCall is null ? null : await identitiesCall;
        return records.ToDictionary(
            record => record.Id,
            record => mask.Apply(ToWire(
                collection, record, members.GetValueOrDefault(record.Id), identities?.GetValueOrDefault(record.Id))));
    }

    /// <summary>The places of faces in the forest.</summary>
    public async Task<Dictionary<FaceId, MemberInfo>> MembersAsync(string collection, IReadOnlyList<FaceId> ids)
    {
        var forest = grains.GetGrain<IForestGrain>(collection);
        var pages = await Task.WhenAll(ids.Chunk(MaxIdsPerCall).Select(chunk => forest.GetMembers(chunk).AsTask()));
        return pages.SelectMany(page => page).ToDictionary(member => member.Id);
    }

    /// <summary>The identities of the faces that have one.</summary>
    public async Task<IReadOnlyDictionary<FaceId, string>> IdentitiesAsync(string collection, IReadOnlyList<FaceId> ids) =>
        ids.Count == 0 ? new Dictionary<FaceId, string>() : await grains.GetGrain<IGalleryGrain>(collection).FindByFaces(ids);

    private static Face ToWire(CollectionInfo collection, FaceRecord record, MemberInfo? member, string? identity)
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
            State = member is null ? Face.Types.State.Pending : Face.Types.State.Clustered,
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
