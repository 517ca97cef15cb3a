using System.Text.RegularExpressions;

namespace FaceCluster.Grains.Identities;

/// <summary>What an identity may be called.</summary>
internal static partial class IdentityRules
{
    private const int MaxDisplayName = 200;
    private const int MaxLabels = 64;
    private const int MaxLabelLength = 256;

    /// <summary>Throws <see cref="DomainException"/> naming the first field out of range.</summary>
    public static void Check(string? id, string displayName, IReadOnlyDictionary<string, string> labels)
    {
        Require(id is null || Id().IsMatch(id), "identity_id", "An identity is named by 1 to 63 characters of a-z, 0-9 and hyphen.");
        Require(displayName is { Length: > 0 and <= MaxDisplayName }, "display_name", $"The display name has 1 to {MaxDisplayName} characters.");
        Require(labels.Count <= MaxLabels, "labels", $"An identity has at most {MaxLabels} labels; got {labels.Count}.");
        Require(
            labels.All(static label => label.Key.Length is > 0 and <= MaxLabelLength && label.Value.Length <= MaxLabelLength),
            "labels",
            $"A label's key has 1 to {MaxLabelLength} characters and its value at most {MaxLabelLength}.");
    }

    private static void Require(bool condition, string field, string message)
    {
        if (!condition)
        {
            throw new DomainException(DomainStatus.InvalidArgument, "INVALID_IDENTITY", message, field);
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$")]
    private static partial Regex Id();
}
