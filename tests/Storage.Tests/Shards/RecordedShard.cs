using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Storage.Tests.Shards;

/// <summary>What a replay comes to: the state a grain would hold, in a form two replays can be compared by.</summary>
internal sealed class RecordedShard : IShardReplay
{
    public List<long> Lsns { get; } = [];

    public Dictionary<(string Camera, long Sequence), ItemEntry> Items { get; } = [];

    public List<(string Camera, long Sequence)> Order { get; } = [];

    public Dictionary<FaceId, float[]> Embeddings { get; } = [];

    public Dictionary<FaceId, CandidateEntry[]> Candidates { get; } = [];

    public HashSet<FaceId> Linked { get; } = [];

    public HashSet<FaceId> Deleted { get; } = [];

    public HashSet<FaceId> Foreign { get; } = [];

    public void OnAppend(long lsn, ItemBlock block)
    {
        Lsns.Add(lsn);
        var rows = block.CountEmbeddings();
        var dimension = rows == 0 ? 0 : block.Embeddings.Length / sizeof(float) / rows;
        var row = 0;
        foreach (var item in block.Items)
        {
            Items.Add((block.Camera, item.Sequence), item);
            Order.Add((block.Camera, item.Sequence));
            foreach (var face in item.Faces)
            {
                if (face.State == FaceState.Stored)
                {
                    Embeddings.Add(face.Id, MemoryMarshal.Cast<byte, float>(block.Embeddings.Span).Slice(row++ * dimension, dimension).ToArray());
                }
                else if (face.State == FaceState.Deleted)
                {
                    Deleted.Add(face.Id);
                }
            }
        }
    }

    public void OnLinks(long lsn, LinkUpdate update)
    {
        Lsns.Add(lsn);
        foreach (var list in update.Changed)
        {
            Candidates[list.Face] = list.Candidates.ToArray();
        }

        Linked.UnionWith(update.Linked);
        Linked.ExceptWith(update.Dirty);
    }

    public void OnDelete(long lsn, Deletion deletion)
    {
        Lsns.Add(lsn);
        Foreign.UnionWith(deletion.Foreign);
        foreach (var face in deletion.Own)
        {
            Deleted.Add(face);
            Embeddings.Remove(face);
            Candidates.Remove(face);
            Linked.Remove(face);
        }
    }

    /// <summary>Fails unless both replays come to the same state, bit by bit. The lsns may differ after a compaction.</summary>
    public void AssertSame(RecordedShard other)
    {
        Assert.Equal(Order, other.Order);
        foreach (var (key, item) in Items)
        {
            AssertSame(item, other.Items[key]);
        }

        Assert.Equal(Embeddings.Keys.Order(), other.Embeddings.Keys.Order());
        foreach (var (face, row) in Embeddings)
        {
            Assert.True(MemoryMarshal.AsBytes<float>(row).SequenceEqual(MemoryMarshal.AsBytes<float>(other.Embeddings[face])));
        }

        Assert.Equal(Candidates.Keys.Order(), other.Candidates.Keys.Order());
        foreach (var (face, list) in Candidates)
        {
            Assert.Equal(list, other.Candidates[face]);
        }

        Assert.Equal(Linked.Order(), other.Linked.Order());
        Assert.Equal(Deleted.Order(), other.Deleted.Order());
        Assert.Equal(Foreign.Order(), other.Foreign.Order());
    }

    private void AssertSame(ItemEntry item, ItemEntry other)
    {
        Assert.Equal(item with { Faces = [] }, other with { Faces = [] });
        Assert.Equal(item.Faces.Select(Effective), other.Faces.Select(Effective));
    }

    private FaceEntry Effective(FaceEntry face) =>
        Deleted.Contains(face.Id) ? new FaceEntry(face.Id, null, 0, 0, FaceState.Deleted) : face;
}
