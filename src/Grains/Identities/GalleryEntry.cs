using FaceCluster.Core;
using FaceCluster.Storage.Metadata;

namespace FaceCluster.Grains.Identities;

/// <summary>An identity in memory.</summary>
internal sealed class GalleryEntry(IdentityRow row)
{
    /// <summary>As stored.</summary>
    public IdentityRow Row { get; set; } = row;

    /// <summary>Row of the template's direction in the template index, -1 without faces.</summary>
    public int TemplateRow { get; set; } = -1;

    /// <summary>Row of each face in the index of enrolled faces.</summary>
    public Dictionary<FaceId, int> FaceRows { get; } = [];

    /// <summary>As the outside sees it: faces by rank, highest first.</summary>
    public IdentityInfo Info => new()
    {
        Id = Row.Id,
        DisplayName = Row.DisplayName,
        Labels = Row.Labels,
        Faces = [.. Row.Faces.Select(static face => face.Face)],
        CreatedMicros = Row.CreatedMicros,
        UpdatedMicros = Row.UpdatedMicros,
        Etag = Row.Etag,
    };
}
