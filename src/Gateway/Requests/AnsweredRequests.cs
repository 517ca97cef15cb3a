using System.IO.Hashing;
using FaceCluster.Grains;
using FaceCluster.V1;
using Google.Protobuf;

namespace FaceCluster.Gateway.Requests;

/// <summary>
/// Repeats of a mutation (AIP-155): the same request under the same request_id gets the first answer again, another
/// request under it is refused. Answers are remembered for a day at least; errors are not, so a failed call may be
/// repeated under its id.
/// </summary>
internal sealed class AnsweredRequests(IGrainFactory grains)
{
    private readonly KeyedLock _locks = new();

    /// <summary>Runs a mutation, or answers it from memory.</summary>
    /// <param name="request">The whole request; what it says is what a repeat has to say.</param>
    /// <param name="requestId">Its id; empty: it is simply run.</param>
    /// <param name="parser">Reads a remembered answer.</param>
    /// <param name="run">The mutation.</param>
    /// <param name="isFinal">Whether an answer is worth remembering; one that asks for a repeat is not. Null: all are.</param>
    /// <param name="cancellationToken">Gives up waiting for a call with the same id that is under way.</param>
    public async Task<TResponse> RunAsync<TRequest, TResponse>(
        TRequest request,
        string requestId,
        MessageParser<TResponse> parser,
        Func<Task<TResponse>> run,
        Func<TResponse, bool>? isFinal,
        CancellationToken cancellationToken)
        where TRequest : IMessage
        where TResponse : IMessage<TResponse>
    {
        if (requestId.Length == 0)
        {
            return await run();
        }

        var method = request.Descriptor.FullName;
        var digest = XxHash3.HashToUInt64(request.ToByteArray());
        using var held = await _locks.EnterAsync(requestId, cancellationToken);
        var catalog = grains.GetGrain<ICatalogGrain>(0);
        if (await FindAsync(catalog, requestId, method, digest) is { } recorded)
        {
            return parser.ParseFrom(recorded.Span);
        }

        var answer = await run();
        if (isFinal is null || isFinal(answer))
        {
            await catalog.RecordAnswer(requestId, method, digest, answer.ToByteArray());
        }

        return answer;
    }

    private static async Task<ReadOnlyMemory<byte>?> FindAsync(ICatalogGrain catalog, string requestId, string method, ulong digest)
    {
        try
        {
            return await catalog.FindAnswer(requestId, method, digest);
        }
        catch (DomainException exception) when (exception.Status == DomainStatus.AlreadyExists)
        {
            throw Errors.ApiError.FieldException(ErrorReason.RequestIdReused, "request_id", "was used for another request.");
        }
    }
}
