using System.Runtime.InteropServices;
using FaceCluster.Core;

namespace FaceCluster.Storage.Tests.Shards;

/// <summary>Made-up records: the values follow from the sequence number, so a replayed one can be checked.</summary>
internal static class Samples
{
    public const int Dimension = 16;

    public static FaceId Face(string camera, long sequence, int index = 0) => FaceId.Derive("faces", camera, sequence, index);

    public static float[] Embedding(FaceId face, int dimension = Dimension)
    {
        var random = new Random(unchecked((int)face.Low));
        return [.. Enumerable.Range(0, dimension).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    public static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    public static ItemEntry Item(string camera, long sequence, int faces = 1) => new()
    {
        Sequence = sequence,
        CapturedAtMicros = 1_700_000_000_000_000 + sequence,
        PayloadDigest = unchecked((ulong)sequence * 0x9E3779B97F4A7C15UL),
        Source = (EntrySource)(sequence % 3),
        GapBefore = sequence % 4,
        FacesOverLimit = (int)(sequence % 5),
        TrackId = sequence % 2 == 0 ? $"track-{sequence}-é" : null,
        Faces = [.. Enumerable.Range(0, faces).Select(index => Record(Face(camera, sequence, index), index))],
    };

    public static FaceEntry Record(FaceId id, int index = 0) => new(
        id,
        index % 2 == 0 ? new EntryBox(1.5f, 2.25f, 30 + index, 40) : null,
        0.875f,
        (float)Math.Sqrt(Similarity.Dot(Embedding(id), Embedding(id))),
        FaceState.Stored,
        (byte)index);

    public static ItemBlock Block(string camera, params ItemEntry[] items) => BlockOf(Dimension, camera, items);

    public static ItemBlock BlockOf(int dimension, string camera, params ItemEntry[] items) => new()
    {
        Camera = camera,
        Items = items,
        Embeddings = Bytes(items.SelectMany(item => item.Faces)
            .Where(face => face.State == FaceState.Stored)
            .SelectMany(face => Embedding(face.Id, dimension))
            .ToArray()),
    };

    public static ItemBlock Block(string camera, long sequence, int items = 1, int faces = 1) =>
        Block(camera, [.. Enumerable.Range(0, items).Select(i => Item(camera, sequence + i, faces))]);

    public static LinkEntry List(FaceId face, params FaceId[] neighbours) =>
        new(face, neighbours.Select((n, i) => new CandidateEntry(n, 0.9 - (i / 7.0))).ToArray());
}
