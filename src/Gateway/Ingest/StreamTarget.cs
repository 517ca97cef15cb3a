using FaceCluster.Gateway.Collections;
using FaceCluster.Gateway.Errors;
using FaceCluster.Gateway.Requests;
using FaceCluster.Grains;
using RpcStatus = Google.Rpc.Status;

namespace FaceCluster.Gateway.Ingest;

/// <summary>The collection that a stream writes to: named by a message, and kept until another one names another.</summary>
internal sealed class StreamTarget(CollectionDirectory collections, ErrorMapper errors)
{
    private string _parent = string.Empty;

    /// <summary>The collection, or why the items of a block cannot go anywhere.</summary>
    public (CollectionInfo? Collection, RpcStatus? Error) Current { get; private set; } = (null, Missing());

    /// <summary>Takes the parent of the next message; empty keeps the present one.</summary>
    public async ValueTask SetAsync(string parent)
    {
        if (parent.Length > 0)
        {
            _parent = parent;
        }

        if (_parent.Length == 0)
        {
            return;
        }

        var violations = new FieldViolations();
        if (ResourceNames.ParseCollection(violations, "parent", _parent) is not { } name)
        {
            Current = (null, violations.ToStatus());
            return;
        }

        try
        {
            Current = (await collections.GetAsync(name), null);
        }
        catch (Exception exception)
        {
            Current = (null, errors.Map(exception));
        }
    }

    private static RpcStatus Missing() =>
        new FieldViolations().Add("parent", "is missing; the first message of a stream names it, for instance collections/default.").ToStatus();
}
