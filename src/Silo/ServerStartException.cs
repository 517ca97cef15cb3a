namespace FaceCluster.Silo;

/// <summary>The server cannot start; the message says why and what to do, in words for its operator.</summary>
public sealed class ServerStartException(string message, Exception? inner = null) : Exception(message, inner);
