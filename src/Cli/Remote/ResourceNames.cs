namespace FaceCluster.Cli.Remote;

/// <summary>Lets a user type an id where the API wants a full resource name.</summary>
public static class ResourceNames
{
    /// <summary><c>collections/NAME</c> of a name or a full resource name.</summary>
    public static string Collection(string value) => Qualify("collections", value);

    /// <summary>The full name of a child: <c>collections/C/KIND/ID</c> of an id, or the value if it is one already.</summary>
    /// <param name="collection"><c>collections/C</c>.</param>
    /// <param name="kind">For example <c>faces</c>.</param>
    /// <param name="value">An id or a full name.</param>
    public static string Child(string collection, string kind, string value) =>
        value.StartsWith("collections/", StringComparison.Ordinal) ? value : Qualify($"{collection}/{kind}", value);

    /// <summary>The last part of a resource name: what a user types.</summary>
    public static string Id(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static string Qualify(string prefix, string value) =>
        value.StartsWith(prefix + "/", StringComparison.Ordinal) ? value : $"{prefix}/{value}";
}
