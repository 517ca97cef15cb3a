using System.Diagnostics.CodeAnalysis;
using System.Text;
using FaceCluster.Core;

namespace FaceCluster.Gateway.Requests;

/// <summary>The names of resources (AIP-122): composes them, and takes them apart with an error that says how they look.</summary>
internal static class ResourceNames
{
    public const string DefaultCollection = "default";

    private const int MaxIdLength = 63;
    private const int MaxCameraBytes = 128;

    public static string Collection(string collection) => $"collections/{collection}";

    public static string Face(string collection, FaceId face) => $"collections/{collection}/faces/{face}";

    public static string Cluster(string collection, FaceId cluster) => $"collections/{collection}/clusters/{cluster}";

    public static string Identity(string collection, string identity) => $"collections/{collection}/identities/{identity}";

    public static string Operation(string collection, string operation) => $"collections/{collection}/operations/{operation}";

    public static string? ParseCollection(FieldViolations violations, string field, string name)
    {
        if (name.Length == 0)
        {
            violations.Add(field, "is missing; it looks like collections/default.");
            return null;
        }

        var parts = name.Split('/');
        if (parts is ["collections", var id] && IsId(id))
        {
            return id;
        }

        violations.Add(field, "is not of the form collections/{collection}.");
        return null;
    }

    public static (string Collection, FaceId Face)? ParseFace(FieldViolations violations, string field, string name) =>
        ParseWithFaceId(violations, field, name, "faces", "face");

    public static (string Collection, FaceId Cluster)? ParseCluster(FieldViolations violations, string field, string name) =>
        ParseWithFaceId(violations, field, name, "clusters", "cluster");

    public static (string Collection, string Identity)? ParseIdentity(FieldViolations violations, string field, string name)
    {
        if (name.Split('/') is ["collections", var collection, "identities", var identity]
            && IsId(collection)
            && (IsId(identity) || FaceId.TryParse(identity, out _)))
        {
            return (collection, identity);
        }

        violations.Add(field, Missing(name) ?? "is not of the form collections/{collection}/identities/{identity}.");
        return null;
    }

    public static (string Collection, string Operation)? ParseOperation(FieldViolations violations, string field, string name)
    {
        if (name.Split('/') is ["collections", var collection, "operations", var operation]
            && IsId(collection)
            && FaceId.TryParse(operation, out _))
        {
            return (collection, operation);
        }

        violations.Add(field, Missing(name) ?? "is not of the form collections/{collection}/operations/{operation} with 32 hexadecimal digits at the end.");
        return null;
    }

    /// <summary>Whether it can be the caller's own id: 1 to 63 of a-z, 0-9 and hyphen, a letter first, no hyphen last.</summary>
    public static bool IsId([NotNullWhen(true)] string? id) =>
        id is { Length: > 0 and <= MaxIdLength }
        && char.IsAsciiLetterLower(id[0])
        && id[^1] != '-'
        && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    public static void CheckId(FieldViolations violations, string field, string id)
    {
        if (!IsId(id))
        {
            violations.Add(field, "must be 1 to 63 of a-z, 0-9 and '-', begin with a letter and not end with '-'.");
        }
    }

    public static void CheckCamera(FieldViolations violations, string field, string camera)
    {
        if (camera.Length == 0)
        {
            violations.Add(field, "is missing.");
        }
        else if (Encoding.UTF8.GetByteCount(camera) > MaxCameraBytes)
        {
            violations.Add(field, $"has more than {MaxCameraBytes} bytes.");
        }
        else if (camera.Any(c => char.IsControl(c) || c == '/'))
        {
            violations.Add(field, "holds a control character or '/'.");
        }
    }

    private static (string Collection, FaceId Id)? ParseWithFaceId(
        FieldViolations violations, string field, string name, string plural, string singular)
    {
        if (name.Split('/') is ["collections", var collection, var kind, var text]
            && kind == plural
            && IsId(collection)
            && FaceId.TryParse(text, out var id))
        {
            return (collection, id);
        }

        violations.Add(field, Missing(name) ?? $"is not of the form collections/{{collection}}/{plural}/{{{singular}}} with 32 hexadecimal digits at the end.");
        return null;
    }

    private static string? Missing(string name) => name.Length == 0 ? "is missing." : null;
}
