using System.Runtime.InteropServices;
using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>Builds a shard's table from its store.</summary>
internal sealed class ShardReplay(FaceTable table) : IShardReplay
{
    private float[] _units = [];

    /// <summary>Faces that were not linked when the shard was last open, each with the position it waits from.</summary>
    public Dictionary<int, long> Pending { get; } = [];

    /// <summary>Deleted faces of this and other shards.</summary>
    public HashSet<FaceId> Deleted { get; } = [];

    /// <summary>Own faces whose deletion other shards may not have heard of.</summary>
    public HashSet<FaceId> Untold { get; } = [];

    /// <summary>Position of the last record.</summary>
    public long LastLsn { get; private set; }

    /// <inheritdoc/>
    public void OnAppend(long lsn, ItemBlock block)
    {
        LastLsn = lsn;
        var dimension = table.Dimension;
        var rows = block.CountEmbeddings();
        if (_units.Length < rows * dimension)
        {
            _units = new float[rows * dimension];
        }

        var raw = MemoryMarshal.Cast<byte, float>(block.Embeddings.Span);
        for (var row = 0; row < rows; row++)
        {
            Similarity.Normalize(raw.Slice(row * dimension, dimension), _units.AsSpan(row * dimension, dimension));
        }

        var first = table.Faces.Count;
        TableWriter.Add(table, table.Camera(block.Camera), block, _units);
        for (var face = first; face < table.Faces.Count; face++)
        {
            if (table.Faces[face].Deleted)
            {
                Deleted.Add(table.Faces[face].Id);
            }
            else
            {
                Pending.Add(face, lsn);
            }
        }
    }

    /// <inheritdoc/>
    public void OnLinks(long lsn, LinkUpdate update)
    {
        LastLsn = lsn;
        foreach (var changed in update.Changed)
        {
            if (table.TryGetFace(changed.Face, out var row) && !table.Faces[row].Deleted)
            {
                ref var face = ref table.Faces[row];
                face.Candidates = Read(changed.Candidates.Span);
            }
        }

        foreach (var id in update.Linked)
        {
            if (table.TryGetFace(id, out var row))
            {
                table.Faces[row].Linked = true;
                Pending.Remove(row);
            }
        }

        foreach (var id in update.Dirty)
        {
            if (table.TryGetFace(id, out var row) && !table.Faces[row].Deleted)
            {
                Pending[row] = lsn;
            }
        }
    }

    /// <inheritdoc/>
    public void OnDelete(long lsn, Deletion deletion)
    {
        LastLsn = lsn;
        Deleted.UnionWith(deletion.Foreign);
        foreach (var id in deletion.Own)
        {
            Deleted.Add(id);
            if (table.Delete(id, out var row))
            {
                Untold.Add(id);
                Pending.Remove(row.Value);
            }
        }
    }

    /// <summary>Completes what a crash interrupted: no face keeps a deleted one as candidate.</summary>
    public void Finish()
    {
        for (var row = 0; row < table.Faces.Count; row++)
        {
            ref var face = ref table.Faces[row];
            if (face.Deleted)
            {
                continue;
            }

            foreach (var candidate in face.Candidates.Items)
            {
                if (Deleted.Contains(candidate.Id))
                {
                    face.Candidates = Without(face.Candidates, Deleted);
                    Pending[row] = LastLsn;
                    break;
                }
            }

            table.SetAcceptance(row);
        }
    }

    internal static CandidateList Without(in CandidateList list, HashSet<FaceId> deleted)
    {
        // Built anew rather than by removal: a list with a gap declines weak offers until it has searched, and the face
        // searches again anyway. Meanwhile every offer must count, because its sender will not repeat it.
        var kept = default(CandidateList);
        foreach (var candidate in list.Items)
        {
            if (!deleted.Contains(candidate.Id))
            {
                kept.Offer(candidate);
            }
        }

        return kept;
    }

    private static CandidateList Read(ReadOnlySpan<CandidateEntry> stored)
    {
        var list = default(CandidateList);
        foreach (var candidate in stored)
        {
            list.Offer(new Candidate(candidate.Face, candidate.Similarity));
        }

        return list;
    }
}
