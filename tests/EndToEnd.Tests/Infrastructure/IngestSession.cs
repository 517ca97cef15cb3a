using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Infrastructure;

/// <summary>An ingest stream as a camera sees it.</summary>
internal sealed class IngestSession(ApiClient api) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<IngestRequest, IngestResponse> _call = api.Ingest.Ingest();

    public string Revision { get; private set; } = string.Empty;

    public bool Draining { get; private set; }

    public Credit Credit { get; } = new();

    public List<ItemAcknowledgement> Acknowledgements { get; } = [];

    public Task SendAsync(string parent, string camera, params IngestItem[] items) =>
        _call.RequestStream.WriteAsync(new IngestRequest { Parent = parent, Camera = camera, Items = { items } });

    /// <summary>Reads one message; false at the end of the stream.</summary>
    public async Task<bool> ReadAsync()
    {
        if (!await _call.ResponseStream.MoveNext(CancellationToken.None))
        {
            return false;
        }

        var response = _call.ResponseStream.Current;
        Acknowledgements.AddRange(response.Acknowledgements);
        Draining |= response.Draining is not null;
        Credit.Blocks += response.Credit?.Blocks ?? 0;
        Credit.Bytes += response.Credit?.Bytes ?? 0;
        Revision = response.Revision.Length > 0 ? response.Revision : Revision;
        return true;
    }

    /// <summary>Reads until so many items are acknowledged.</summary>
    public async Task ReadAsync(int acknowledgements)
    {
        while (Acknowledgements.Count < acknowledgements)
        {
            Assert.True(await ReadAsync(), "The stream ended early.");
        }
    }

    public Task HalfCloseAsync() => _call.RequestStream.CompleteAsync();

    /// <summary>Reads to the end.</summary>
    public async Task CompletedAsync()
    {
        while (await ReadAsync())
        {
        }
    }

    /// <summary>Half-closes and reads to the end.</summary>
    public async Task CompleteAsync()
    {
        await HalfCloseAsync();
        await CompletedAsync();
    }

    public void Dispose() => _call.Dispose();
}
