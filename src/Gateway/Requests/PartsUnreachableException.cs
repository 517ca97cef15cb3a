namespace FaceCluster.Gateway.Requests;

/// <summary>Parts of a collection that a whole answer needs cannot be reached.</summary>
/// <remarks>
/// The names are read when the error is told, not when the first part fails: by then the parts that were asked together with
/// it have ended, too.
/// </remarks>
internal sealed class PartsUnreachableException(Completeness completeness, Exception cause) : Exception("Parts of a collection cannot be reached.", cause)
{
    /// <summary>The parts by name.</summary>
    public IReadOnlyList<string> Names => completeness.Unreachable;
}
