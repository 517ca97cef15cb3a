using FaceCluster.Storage;

namespace FaceCluster.Grains.Shards;

/// <summary>Puts stored records into the table; the same for a fresh commit and for replay.</summary>
internal static class TableWriter
{
    /// <summary>Adds the items of a block.</summary>
    /// <param name="table">The table.</param>
    /// <param name="camera">The camera's number in it.</param>
    /// <param name="block">The block as stored.</param>
    /// <param name="units">Unit vectors of its stored faces, row by row.</param>
    public static void Add(FaceTable table, int camera, ItemBlock block, ReadOnlySpan<float> units)
    {
        var dimension = table.Dimension;
        var vector = 0;
        foreach (var record in block.Items)
        {
            var item = table.AddItem(new ItemRow
            {
                Sequence = record.Sequence,
                CaptureTimeMicros = record.CapturedAtMicros,
                GapBefore = record.GapBefore,
                PayloadDigest = record.PayloadDigest,
                TrackId = record.TrackId,
                Camera = camera,
                FirstFace = table.Faces.Count,
                FaceCount = record.Faces.Count,
                FacesOverLimit = record.FacesOverLimit,
                Source = (ItemSource)record.Source,
            });
            foreach (var face in record.Faces)
            {
                var unit = face.State == FaceState.Stored ? units.Slice(vector++ * dimension, dimension) : default;
                table.AddFace(
                    new FaceRow
                    {
                        Id = face.Id,
                        Item = item,
                        HasBox = face.Box is not null,
                        Box = face.Box is { } box ? new FaceBox(box.X, box.Y, box.Width, box.Height) : default,
                        DetectionScore = face.DetectionScore,
                        Magnitude = face.Magnitude,
                    },
                    unit);
            }
        }
    }
}
