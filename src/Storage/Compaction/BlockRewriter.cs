using System.Buffers;
using FaceCluster.Core;

namespace FaceCluster.Storage.Compaction;

/// <summary>Second pass of a compaction: the same items without anything of their deleted faces but the id.</summary>
internal sealed class BlockRewriter(int dimension, IReadOnlySet<FaceId> deleted) : IDisposable
{
    private readonly int _rowBytes = dimension * sizeof(float);
    private byte[] _rows = [];

    /// <summary>The block to store; its embeddings are valid until the next call.</summary>
    public ItemBlock Rewrite(ItemBlock block)
    {
        if (!block.Items.Any(item => item.Faces.Any(IsDying)))
        {
            return block;
        }

        if (_rows.Length < block.Embeddings.Length)
        {
            Return();
            _rows = ArrayPool<byte>.Shared.Rent(block.Embeddings.Length);
        }

        var items = new ItemEntry[block.Items.Count];
        var (from, to) = (0, 0);
        for (var i = 0; i < items.Length; i++)
        {
            var item = block.Items[i];
            var faces = new FaceEntry[item.Faces.Count];
            for (var f = 0; f < faces.Length; f++)
            {
                var face = item.Faces[f];
                var dying = IsDying(face);
                faces[f] = dying ? new FaceEntry(face.Id, null, 0, 0, FaceState.Deleted) : face;
                if (face.State != FaceState.Stored)
                {
                    continue;
                }

                if (!dying)
                {
                    block.Embeddings.Span.Slice(from, _rowBytes).CopyTo(_rows.AsSpan(to));
                    to += _rowBytes;
                }

                from += _rowBytes;
            }

            items[i] = item with { Faces = faces };
        }

        return new ItemBlock { Camera = block.Camera, Items = items, Embeddings = _rows.AsMemory(0, to) };
    }

    public void Dispose() => Return();

    private bool IsDying(FaceEntry face) => face.State != FaceState.Deleted && deleted.Contains(face.Id);

    private void Return()
    {
        if (_rows.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_rows, clearArray: true);
            _rows = [];
        }
    }
}
