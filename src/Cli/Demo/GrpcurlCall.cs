namespace FaceCluster.Cli.Demo;

/// <summary>A call that users can try with grpcurl, by the server's reflection service.</summary>
/// <param name="Method">Full name of the method: <c>package.Service/Method</c>.</param>
/// <param name="Json">The request as ProtoJSON.</param>
public sealed record GrpcurlCall(string Method, string Json)
{
    /// <summary>Calls that work on a collection with faces.</summary>
    /// <param name="collection"><c>collections/NAME</c>.</param>
    public static IReadOnlyList<GrpcurlCall> Examples(string collection) =>
    [
        new("facecluster.v1.ServerService/GetServerInfo", "{}"),
        new("facecluster.v1.CollectionService/GetCollection", $$"""{"name": "{{collection}}"}"""),
        new("facecluster.v1.ClusterService/ListClusters", $$"""{"parent": "{{collection}}", "page_size": 5}"""),
        new("facecluster.v1.FaceService/ListFaces", $$"""{"parent": "{{collection}}", "page_size": 3, "uncertain_only": true}"""),
    ];

    /// <summary>What is typed in a shell.</summary>
    public string CommandLine(Uri server) => $"grpcurl -plaintext -d '{Json}' {server.Authority} {Method}";
}
