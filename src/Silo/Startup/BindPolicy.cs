using System.Net;
using FaceCluster.Gateway.Access;

namespace FaceCluster.Silo.Startup;

/// <summary>Who may be served from where.</summary>
internal enum Exposure
{
    /// <summary>This machine only; keys are needed as soon as one exists.</summary>
    Loopback,

    /// <summary>Other machines, each call with a key, even should the last key be revoked.</summary>
    KeysRequired,

    /// <summary>Other machines without a key, as was asked for.</summary>
    Insecure,
}

/// <summary>Refuses to open biometric data to a network by accident.</summary>
internal static class BindPolicy
{
    /// <summary>Decides by the address and the keys.</summary>
    /// <exception cref="ServerStartException">The address is not loopback, and there is neither a key nor the explicit wish to go without.</exception>
    public static async ValueTask<Exposure> DecideAsync(IPAddress address, bool insecure, IApiKeyStore keys, CancellationToken cancellationToken)
    {
        if (IPAddress.IsLoopback(address))
        {
            return Exposure.Loopback;
        }

        if ((await keys.ListAsync(cancellationToken)).Count > 0)
        {
            return Exposure.KeysRequired;
        }

        return insecure
            ? Exposure.Insecure
            : throw new ServerStartException(
                $"Listening on {address} would let everybody on the network read faces: create an API key first, listen on localhost, or allow it with the option for insecure operation.");
    }
}
