using System.Text.Json;
using FaceCluster.Core;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Erasure;

/// <summary>
/// The erasures of a collection as the metadata store keeps them: one list of ids, one value per erasure, and the face ids
/// in chunks, which go when the faces are deleted.
/// </summary>
internal sealed class ErasureJournal(IValueTable values, string collection)
{
    /// <summary>Faces of a chunk: 16 bytes each, well under the limit of a value.</summary>
    public const int ChunkFaces = 10_000;

    private const int MaxKept = 1000;
    private readonly List<ErasureInfo> _all = [];

    /// <summary>All erasures in the order in which they were started.</summary>
    public IReadOnlyList<ErasureInfo> All => _all;

    /// <summary>The erasure of an id, or null.</summary>
    public ErasureInfo? Find(string id) => _all.Find(erasure => erasure.Id == id);

    /// <summary>Reads what is stored.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        _all.Clear();
        foreach (var id in await IdsAsync(cancellationToken))
        {
            if (await values.FindAsync(Key(id), cancellationToken) is { } stored
                && JsonSerializer.Deserialize<ErasureInfo>(stored.Value.Span) is { } erasure)
            {
                _all.Add(erasure);
            }
        }
    }

    /// <summary>Stores a new erasure. The list comes last, so that what is in it is whole.</summary>
    public async Task AddAsync(ErasureInfo erasure, IReadOnlyList<FaceId> faces)
    {
        for (var chunk = 0; chunk < erasure.Chunks; chunk++)
        {
            await values.PutAsync(Key(erasure.Id, chunk), Bytes(faces.Skip(chunk * ChunkFaces).Take(ChunkFaces)));
        }

        await values.PutAsync(Key(erasure.Id), JsonSerializer.SerializeToUtf8Bytes(erasure));
        var old = _all.Where(static kept => kept.Phase == ErasurePhase.Done).Take(Math.Max(0, _all.Count + 1 - MaxKept)).ToArray();
        await PutIdsAsync([.. _all.Except(old).Append(erasure).Select(static kept => kept.Id)]);
        _all.RemoveAll(old.Contains);
        _all.Add(erasure);
        foreach (var gone in old)
        {
            await values.DeleteAsync(Key(gone.Id));
        }
    }

    /// <summary>Replaces what is stored of an erasure.</summary>
    public async Task<ErasureInfo> UpdateAsync(ErasureInfo erasure)
    {
        await values.PutAsync(Key(erasure.Id), JsonSerializer.SerializeToUtf8Bytes(erasure));
        _all[_all.FindIndex(kept => kept.Id == erasure.Id)] = erasure;
        return erasure;
    }

    /// <summary>The faces of a chunk.</summary>
    public async Task<FaceId[]> FacesAsync(string id, int chunk)
    {
        if (await values.FindAsync(Key(id, chunk)) is not { } stored)
        {
            return [];
        }

        var faces = new FaceId[stored.Value.Length / FaceId.Size];
        for (var i = 0; i < faces.Length; i++)
        {
            faces[i] = FaceId.Read(stored.Value.Span[(i * FaceId.Size)..]);
        }

        return faces;
    }

    /// <summary>Forgets which faces an erasure named.</summary>
    public async Task ForgetFacesAsync(ErasureInfo erasure)
    {
        for (var chunk = 0; chunk < erasure.Chunks; chunk++)
        {
            await values.DeleteAsync(Key(erasure.Id, chunk));
        }
    }

    /// <summary>Forgets everything.</summary>
    public async Task ClearAsync()
    {
        foreach (var erasure in _all)
        {
            await ForgetFacesAsync(erasure);
            await values.DeleteAsync(Key(erasure.Id));
        }

        await values.DeleteAsync(ListKey);
        _all.Clear();
    }

    /// <summary>The 16-byte forms one after the other.</summary>
    public static byte[] Bytes(IEnumerable<FaceId> faces)
    {
        var ids = faces.ToArray();
        var bytes = new byte[ids.Length * FaceId.Size];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i].Write(bytes.AsSpan(i * FaceId.Size));
        }

        return bytes;
    }

    private string ListKey => $"erasures/{collection}";

    private string Key(string id) => $"erasures/{collection}/{id}";

    private string Key(string id, int chunk) => FormattableString.Invariant($"erasures/{collection}/{id}/{chunk}");

    private async Task<string[]> IdsAsync(CancellationToken cancellationToken) =>
        await values.FindAsync(ListKey, cancellationToken) is { } list
            ? JsonSerializer.Deserialize<string[]>(list.Value.Span) ?? []
            : [];

    private Task<long> PutIdsAsync(string[] ids) => values.PutAsync(ListKey, JsonSerializer.SerializeToUtf8Bytes(ids));
}
