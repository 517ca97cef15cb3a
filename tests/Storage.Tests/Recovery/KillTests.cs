using FaceCluster.Core;
using FaceCluster.Storage.Tests.Shards;
using FaceCluster.Storage.Tests.Support;

namespace FaceCluster.Storage.Tests.Recovery;

/// <summary>A real process, killed by SIGKILL while it writes.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordedShard[] _shards = [new(), new()];
    private long _value;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_acknowledged_is_there_after_kill_and_nothing_twice()
    {
        var acknowledged = new List<string>();
        for (var kill = 0; kill < 4; kill++)
        {
            var before = acknowledged.Count;
            acknowledged.AddRange(await WriteAndKillAsync(150 + (kill * 117)));
            Assert.True(acknowledged.Count > before);
            await ReadAsync();
            acknowledged.ForEach(AssertKept);
        }

        Assert.Contains(acknowledged, line => line.StartsWith("compacted", StringComparison.Ordinal));
    }

    private async Task<List<string>> WriteAndKillAsync(int lines)
    {
        using var process = WriterProcess.Start(_folder.Path);
        var said = new List<string>();
        var rest = "";
        var buffer = new char[4096];
        int read;
        while ((read = await process.StandardOutput.ReadAsync(buffer, Token)) > 0)
        {
            var parts = (rest + new string(buffer, 0, read)).Split('\n');
            said.AddRange(parts[..^1]);
            rest = parts[^1];
            if (said.Count >= lines && !process.HasExited)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync(Token);
        Assert.True(said.Count >= lines, $"The writer ended by itself after {said.Count} lines.");
        return said;
    }

    private async Task ReadAsync()
    {
        using var directory = DataDirectory.Open(_folder.Path);
        await using var metadata = await directory.OpenMetadataAsync(Token);
        _value = (await metadata.Values.FindAsync("count", Token))?.Version ?? 0;
        await using var factory = directory.CreateShardStores();
        for (var i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new RecordedShard();
            await factory.OpenAsync(new ShardName("faces", i), Samples.Dimension, _shards[i], Token);
            Assert.All(_shards[i].Embeddings, face => Assert.Equal(Samples.Embedding(face.Key), face.Value));
            Assert.All(_shards[i].Items.Values.SelectMany(item => item.Faces), face => Assert.True(
                _shards[i].Embeddings.ContainsKey(face.Id) != _shards[i].Deleted.Contains(face.Id)));
        }
    }

    private void AssertKept(string line)
    {
        switch (line.Split(' '))
        {
            case ["item", var shard, var camera, var sequence]:
                Assert.Contains((camera, long.Parse(sequence)), _shards[int.Parse(shard)].Items.Keys);
                break;
            case ["linked", var shard, var face]:
                Assert.Contains(Parse(face), _shards[int.Parse(shard)].Linked);
                break;
            case ["deleted", var shard, var face]:
                Assert.Contains(Parse(face), _shards[int.Parse(shard)].Deleted);
                break;
            case ["value", var version]:
                Assert.True(_value >= long.Parse(version));
                break;
        }
    }

    private static FaceId Parse(string face) => FaceId.TryParse(face, out var id) ? id : throw new FormatException(face);
}
