using System.Text;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Gateway.Identities;

/// <summary>What callers may say of an identity, and how it is shown.</summary>
internal static class IdentityFields
{
    private const int MaxDisplayName = 200;
    private const int MaxLabels = 64;
    private const int MaxLabelKeyBytes = 63;
    private const int MaxLabelValueLength = 256;

    public static void Check(FieldViolations violations, string field, Identity? identity)
    {
        if (identity is null)
        {
            violations.Add(field, "is missing.");
            return;
        }

        if (identity.DisplayName.Length is 0 or > MaxDisplayName)
        {
            violations.Add($"{field}.display_name", $"has {identity.DisplayName.Length} characters; 1 to {MaxDisplayName} are needed.");
        }

        if (identity.Labels.Count > MaxLabels)
        {
            violations.Add($"{field}.labels", $"has {identity.Labels.Count} entries; at most {MaxLabels} are allowed.");
        }

        foreach (var (key, value) in identity.Labels)
        {
            if (key.Length == 0 || Encoding.UTF8.GetByteCount(key) > MaxLabelKeyBytes || value.Length > MaxLabelValueLength)
            {
                violations.Add($"{field}.labels", $"has an entry whose key is not 1 to {MaxLabelKeyBytes} bytes or whose value is more than {MaxLabelValueLength} characters long.");
                return;
            }
        }
    }

    public static Identity ToWire(string collection, IdentityInfo identity) => new()
    {
        Name = ResourceNames.Identity(collection, identity.Id),
        DisplayName = identity.DisplayName,
        FaceCount = identity.Faces.Count,
        CreateTime = Time(identity.CreatedMicros),
        UpdateTime = Time(identity.UpdatedMicros),
        Labels = { identity.Labels.ToDictionary(pair => pair.Key, pair => pair.Value) },
        Etag = identity.Etag,
    };

    private static Timestamp Time(long micros) =>
        Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond));
}
