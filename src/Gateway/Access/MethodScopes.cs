using FaceCluster.V1;

namespace FaceCluster.Gateway.Access;

/// <summary>The scope that each method needs. A method that is not listed needs <see cref="ApiScopes.Admin"/>.</summary>
internal static class MethodScopes
{
    private const string HealthService = "/grpc.health.v1.Health/";
    private const string ReflectionPrefix = "/grpc.reflection.";

    private static readonly Dictionary<string, ApiScopes> Scopes = Build();

    /// <summary>Null where anybody may call: health, which orchestrators ask without a key.</summary>
    public static ApiScopes? For(string path)
    {
        if (path.StartsWith(HealthService, StringComparison.Ordinal))
        {
            return null;
        }

        if (path.StartsWith(ReflectionPrefix, StringComparison.Ordinal))
        {
            return ApiScopes.Read;
        }

        return Scopes.GetValueOrDefault(path, ApiScopes.Admin);
    }

    /// <summary>Whether a caller with <paramref name="granted"/> may call a method that needs <paramref name="needed"/>.</summary>
    public static bool Allows(ApiScopes granted, ApiScopes needed) =>
        granted.HasFlag(ApiScopes.Admin) || (granted & needed) != 0;

    private static Dictionary<string, ApiScopes> Build()
    {
        var scopes = new Dictionary<string, ApiScopes>(StringComparer.Ordinal);
        Add(scopes, IngestService.Descriptor, ApiScopes.Write);
        Add(scopes, FaceService.Descriptor, ApiScopes.Read, (nameof(FaceService.FaceServiceBase.DeleteFace), ApiScopes.Write), (nameof(FaceService.FaceServiceBase.EraseFaces), ApiScopes.Write));
        Add(scopes, ClusterService.Descriptor, ApiScopes.Read);
        Add(
            scopes,
            IdentityService.Descriptor,
            ApiScopes.Read,
            (nameof(IdentityService.IdentityServiceBase.CreateIdentity), ApiScopes.Write),
            (nameof(IdentityService.IdentityServiceBase.EnrolFaces), ApiScopes.Write),
            (nameof(IdentityService.IdentityServiceBase.DeleteIdentity), ApiScopes.Write),
            (nameof(IdentityService.IdentityServiceBase.EraseIdentity), ApiScopes.Write));
        Add(scopes, OperationService.Descriptor, ApiScopes.Read | ApiScopes.Write);
        Add(
            scopes,
            CollectionService.Descriptor,
            ApiScopes.Read,
            (nameof(CollectionService.CollectionServiceBase.CreateCollection), ApiScopes.Admin),
            (nameof(CollectionService.CollectionServiceBase.DeleteCollection), ApiScopes.Admin));
        Add(scopes, ServerService.Descriptor, ApiScopes.Read | ApiScopes.Write);
        return scopes;
    }

    private static void Add(
        Dictionary<string, ApiScopes> scopes,
        Google.Protobuf.Reflection.ServiceDescriptor service,
        ApiScopes most,
        params (string Method, ApiScopes Scope)[] others)
    {
        foreach (var method in service.Methods)
        {
            scopes[$"/{service.FullName}/{method.Name}"] = most;
        }

        foreach (var (method, scope) in others)
        {
            scopes[$"/{service.FullName}/{method}"] = scope;
        }
    }
}
