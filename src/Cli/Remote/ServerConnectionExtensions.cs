using FaceCluster.Cli.CommandLine;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.Cli.Remote;

/// <summary>What several commands do with a server.</summary>
internal static class ServerConnectionExtensions
{
    /// <summary>Creates the collection with the server's default settings where it does not exist, and says so.</summary>
    public static async Task EnsureCollectionAsync(this ServerConnection connection, string collection, CliConsole console, CancellationToken cancellation)
    {
        try
        {
            await connection.Collections.GetCollectionAsync(
                new GetCollectionRequest { Name = collection }, deadline: connection.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.NotFound)
        {
            try
            {
                await connection.Collections.CreateCollectionAsync(
                    new CreateCollectionRequest { CollectionId = ResourceNames.Id(collection), RequestId = Guid.NewGuid().ToString() },
                    deadline: connection.Deadline, cancellationToken: cancellation);
                console.Note($"Created the collection '{ResourceNames.Id(collection)}'.");
            }
            catch (RpcException race) when (race.StatusCode == StatusCode.AlreadyExists)
            {
                // Somebody else was faster; that serves as well.
            }
        }
    }

    /// <summary>Waits until the faces of these revisions are in their clusters.</summary>
    public static async Task WaitUntilClusteredAsync(
        this ServerConnection connection, string collection, IEnumerable<string> revisions, CancellationToken cancellation)
    {
        foreach (var revision in revisions)
        {
            await connection.Collections.GetCollectionAsync(
                new GetCollectionRequest { Name = collection, MinRevision = revision }, deadline: connection.Deadline, cancellationToken: cancellation);
        }
    }
}
