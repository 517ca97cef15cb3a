using System.Diagnostics.CodeAnalysis;
using FaceCluster.Clustering;
using FaceCluster.Core;
using FaceCluster.Index;

namespace FaceCluster.Grains.Shards;

/// <summary>
/// Everything a shard keeps in memory: cameras, items, faces and the index over their vectors. It belongs to the
/// shard's turn; only the views that the index hands out leave it.
/// </summary>
internal sealed class FaceTable(int dimension)
{
    private readonly Dictionary<string, int> _cameras = new(StringComparer.Ordinal);
    private readonly List<CameraItems> _itemsOf = [];
    private readonly FaceRows _faces = new();
    private readonly ChunkedList<int> _faceOfIndexRow = new();
    private readonly int[] _liveOfSlot = new int[CameraSlot.Count];
    private readonly ChunkedList<int>?[] _facesOfSlot = new ChunkedList<int>?[CameraSlot.Count];

    public ChunkedList<ItemRow> Items { get; } = new();

    public ChunkedList<FaceRow> Faces { get; } = new();

    public ExactIndex Index { get; } = new(dimension);

    public int Dimension => dimension;

    public long LiveFaces { get; private set; }

    /// <summary>Rough size of the tables beside the vectors.</summary>
    public long TableBytes => ((long)Faces.Count * 240) + ((long)Items.Count * 120);

    public int Camera(string name)
    {
        if (!_cameras.TryGetValue(name, out var camera))
        {
            camera = _itemsOf.Count;
            _cameras.Add(name, camera);
            _itemsOf.Add(new CameraItems(name));
        }

        return camera;
    }

    public bool TryGetCamera(string name, out int camera) => _cameras.TryGetValue(name, out camera);

    public string CameraName(int camera) => _itemsOf[camera].Name;

    /// <summary>Highest sequence number stored for a camera, -1 before the first.</summary>
    public long HighestSequence(int camera) => _itemsOf[camera].Highest;

    public bool TryGetItem(int camera, long sequence, out int item) => _itemsOf[camera].TryGet(sequence, out item);

    public bool TryGetFace(FaceId id, out int face) => _faces.TryGet(id, out face);

    /// <summary>The face behind a row of the index.</summary>
    public int FaceOfIndexRow(int row) => _faceOfIndexRow[row];

    /// <summary>The faces of a camera slot in the order in which they were stored, deleted ones included; null where there is none.</summary>
    public ChunkedList<int>? FacesOfSlot(int slot) => _facesOfSlot[slot];

    /// <summary>Number of faces of a camera slot that are not deleted.</summary>
    public int LiveFacesOfSlot(int slot) => _liveOfSlot[slot];

    public int AddItem(in ItemRow item)
    {
        var row = Items.Add(item);
        _itemsOf[item.Camera].Add(item.Sequence, row);
        return row;
    }

    /// <summary>Adds a face of the latest item. An empty vector stands for a face that is deleted.</summary>
    public int AddFace(FaceRow face, ReadOnlySpan<float> unit)
    {
        face.IndexRow = -1;
        if (!unit.IsEmpty)
        {
            ref var item = ref Items[face.Item];
            face.IndexRow = Index.Append(new Index.FaceRecord(face.Id, face.Magnitude, item.Camera, item.CaptureTimeMicros), unit);
        }

        var row = Faces.Add(face);
        _faces.Add(face.Id, row);
        (_facesOfSlot[face.Id.Slot] ??= new ChunkedList<int>()).Add(row);
        if (face.IndexRow >= 0)
        {
            while (_faceOfIndexRow.Count <= face.IndexRow)
            {
                _faceOfIndexRow.Add(row);
            }

            _faceOfIndexRow[face.IndexRow] = row;
            LiveFaces++;
            _liveOfSlot[face.Id.Slot]++;
        }

        return row;
    }

    /// <summary>Takes a face out of the index and overwrites its vector there; its entry stays, so that a repeat of its item is answered.</summary>
    public bool Delete(FaceId id, [NotNullWhen(true)] out int? row)
    {
        row = null;
        if (!_faces.TryGet(id, out var found) || Faces[found].Deleted)
        {
            return false;
        }

        row = found;
        ref var face = ref Faces[found];
        Index.Erase(face.IndexRow);
        face.IndexRow = -1;
        face.Candidates = default;
        face.Box = default;
        face.HasBox = false;
        face.Magnitude = 0;
        face.DetectionScore = 0;
        LiveFaces--;
        _liveOfSlot[id.Slot]--;
        return true;
    }

    /// <summary>Tells the index from which similarity on the face's list takes an offer.</summary>
    public void SetAcceptance(int row)
    {
        ref var face = ref Faces[row];
        if (!face.Deleted)
        {
            var items = face.Candidates.Items;
            Index.SetAcceptance(face.IndexRow, items.Length < CandidateList.Capacity ? double.NegativeInfinity : items[^1].Similarity);
        }
    }

    public ItemAnswer Answer(int item, ItemStatus status, float qualityGate)
    {
        ref var row = ref Items[item];
        var faces = new StoredFace[row.FaceCount];
        for (var i = 0; i < faces.Length; i++)
        {
            ref var face = ref Faces[row.FirstFace + i];
            faces[i] = new StoredFace
            {
                Id = face.Id,
                Box = face.HasBox ? face.Box : null,
                DetectionScore = face.DetectionScore,
                Magnitude = face.Magnitude,
                LowQuality = !face.Deleted && face.Magnitude < qualityGate,
                Deleted = face.Deleted,
            };
        }

        return new ItemAnswer
        {
            Sequence = row.Sequence,
            Status = status,
            Faces = faces,
            GapBefore = row.GapBefore,
            FacesOverLimit = row.FacesOverLimit,
        };
    }
}
