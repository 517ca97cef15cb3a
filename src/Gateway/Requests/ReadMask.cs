using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Gateway.Requests;

/// <summary>Which fields of a face a caller wants (AIP-157). Without a mask: all but the embedding.</summary>
internal sealed class ReadMask
{
    private readonly FieldMask? _mask;

    private ReadMask(FieldMask? mask, bool everything)
    {
        _mask = mask;
        Embedding = everything || Wants("embedding");
        Cluster = mask is null || Wants("cluster") || Wants("state") || Wants("uncertain_reasons");
        Identity = mask is null || Wants("identity");
    }

    /// <summary>All but the embedding.</summary>
    public static ReadMask Default { get; } = new(null, everything: false);

    /// <summary>Whether the embedding is wanted.</summary>
    public bool Embedding { get; }

    /// <summary>Whether anything is wanted that only the forest knows.</summary>
    public bool Cluster { get; }

    /// <summary>Whether the identity is wanted.</summary>
    public bool Identity { get; }

    public static ReadMask Parse(FieldViolations violations, FieldMask? mask)
    {
        if (mask is null || mask.Paths.Count == 0)
        {
            return Default;
        }

        if (mask.Paths.Contains("*"))
        {
            return new ReadMask(null, everything: true);
        }

        foreach (var path in mask.Paths)
        {
            if (!FieldMask.IsValid(Face.Descriptor, path))
            {
                violations.Add("read_mask", "names a field that a face does not have.");
                return Default;
            }
        }

        return new ReadMask(mask, everything: false);
    }

    /// <summary>The face with the wanted fields only.</summary>
    public Face Apply(Face face)
    {
        if (_mask is null)
        {
            return face;
        }

        var masked = new Face();
        _mask.Merge(face, masked);
        return masked;
    }

    private bool Wants(string field) =>
        _mask?.Paths.Any(path => path == field || path.StartsWith(field + ".", StringComparison.Ordinal)) == true;
}
