using System.Runtime.InteropServices;
using FaceCluster.Core;
using FaceCluster.Index;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Identities;

/// <summary>The identities of a collection in memory, with exact indexes over their templates and faces.</summary>
internal sealed class GalleryTable(int dimension)
{
    private readonly SortedDictionary<string, GalleryEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<FaceId, string> _owners = [];
    private readonly Dictionary<int, string> _templateOwners = [];

    public ExactIndex Templates { get; } = new(dimension);

    public ExactIndex Faces { get; } = new(dimension);

    public IEnumerable<GalleryEntry> Entries => _entries.Values;

    public GalleryEntry? Find(string id) => _entries.GetValueOrDefault(id);

    public string? Owner(FaceId face) => _owners.GetValueOrDefault(face);

    public string TemplateOwner(int row) => _templateOwners[row];

    public IEnumerable<GalleryEntry> After(string? id) =>
        _entries.SkipWhile(pair => id is not null && string.CompareOrdinal(pair.Key, id) <= 0).Select(static pair => pair.Value);

    /// <summary>
    /// Puts an identity in or replaces it. <paramref name="units"/> holds the unit vectors of faces that are new to it.
    /// </summary>
    public void Put(IdentityRow row, IReadOnlyDictionary<FaceId, float[]> units)
    {
        if (!_entries.TryGetValue(row.Id, out var entry))
        {
            _entries.Add(row.Id, entry = new GalleryEntry(row));
        }

        entry.Row = row;
        var present = row.Faces.Select(static face => face.Face).ToHashSet();
        foreach (var (face, indexRow) in entry.FaceRows.Where(pair => !present.Contains(pair.Key)).ToArray())
        {
            Faces.Erase(indexRow);
            entry.FaceRows.Remove(face);
            _owners.Remove(face);
        }

        foreach (var face in row.Faces)
        {
            if (!entry.FaceRows.ContainsKey(face.Face) && units.TryGetValue(face.Face, out var unit))
            {
                entry.FaceRows.Add(face.Face, Faces.Append(new Index.FaceRecord(face.Face, face.Weight), unit));
                _owners.Add(face.Face, row.Id);
            }
        }

        PutTemplate(entry);
    }

    public void Remove(string id)
    {
        if (!_entries.Remove(id, out var entry))
        {
            return;
        }

        foreach (var (face, indexRow) in entry.FaceRows)
        {
            Faces.Erase(indexRow);
            _owners.Remove(face);
        }

        if (entry.TemplateRow >= 0)
        {
            Templates.Erase(entry.TemplateRow);
            _templateOwners.Remove(entry.TemplateRow);
        }
    }

    private void PutTemplate(GalleryEntry entry)
    {
        if (entry.TemplateRow >= 0)
        {
            Templates.Erase(entry.TemplateRow);
            _templateOwners.Remove(entry.TemplateRow);
            entry.TemplateRow = -1;
        }

        if (entry.Row.Template.IsEmpty)
        {
            return;
        }

        var unit = new float[dimension];
        var length = Similarity.Normalize(MemoryMarshal.Cast<byte, float>(entry.Row.Template.Span), unit);
        if (float.IsFinite(length) && length > 0)
        {
            // Named by its owner, so that equal templates keep one order.
            entry.TemplateRow = Templates.Append(new Index.FaceRecord(FaceId.Derive("template", entry.Row.Id, 0, 0), length), unit);
            _templateOwners.Add(entry.TemplateRow, entry.Row.Id);
        }
    }
}
