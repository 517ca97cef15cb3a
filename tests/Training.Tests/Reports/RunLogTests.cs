using System.Text;
using FaceCluster.Training.Fit;
using FaceCluster.Training.Reports;
using FaceCluster.Training.Tests.Infrastructure;
using Xunit;

namespace FaceCluster.Training.Tests.Reports;

public sealed class RunLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Report_IsOnePageWithACurveForEveryScalar()
    {
        using (var log = new RunLog(_folder.Path, "Run <1>", "{ \"seed\": 1 }"))
        {
            log.OnReport(Report(1, 9));
            log.OnReport(Report(2, 7));
            log.OnEvent("step 2 saved");
        }

        var html = File.ReadAllText(_folder["report.html"]);
        Assert.Contains("Run &lt;1&gt;", html, StringComparison.Ordinal);
        Assert.Equal(6, html.Split("<polyline").Length - 1);
        Assert.Contains("norm/mean", html, StringComparison.Ordinal);
        Assert.Contains("step 2 saved", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_OfAResumedRun_DropsWhatTheCheckpointDoesNotKnow()
    {
        using (var first = new RunLog(_folder.Path, "r", "{}"))
        {
            first.OnReport(Report(10, 3));
            first.OnReport(Report(20, 2));
        }

        File.AppendAllText(_folder["metrics.jsonl"], "{\"step\":30,\"epo");
        using (var second = new RunLog(_folder.Path, "r", "{}", fromStep: 10))
        {
            second.OnReport(Report(20, 1));
        }

        var lines = File.ReadAllLines(_folder["metrics.jsonl"]);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"loss\":1", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void TensorBoard_RecordsHaveLengthsChecksumsAndScalars()
    {
        using (var board = new TensorBoardLog(_folder.Path))
        {
            board.Add(3, [("loss", 2.5)]);
        }

        using var reader = new BinaryReader(File.OpenRead(Directory.GetFiles(_folder.Path, "events.*").Single()));
        var records = new List<byte[]>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var length = reader.ReadUInt64();
            Assert.Equal(TensorBoardLog.MaskedCrc(BitConverter.GetBytes(length)), reader.ReadUInt32());
            records.Add(reader.ReadBytes((int)length));
            Assert.Equal(TensorBoardLog.MaskedCrc(records[^1]), reader.ReadUInt32());
        }

        Assert.Equal(2, records.Count);
        Assert.Contains("brain.Event:2", Encoding.ASCII.GetString(records[0]), StringComparison.Ordinal);
        byte[] expected = [0x10, 3, 0x2a, 13, 0x0a, 11, 0x0a, 4, .. "loss"u8, 0x15, .. BitConverter.GetBytes(2.5f)];
        Assert.Equal(expected, records[1][9..]);
    }

    [Fact]
    public void MaskedChecksum_IsThatOfTheFormat()
    {
        // CRC-32C of "123456789" is 0xe3069283 (RFC 3720 family check value); masked as TFRecord does.
        var crc = 0xe3069283;
        Assert.Equal(unchecked((crc >> 15 | crc << 17) + 0xa282ead8), TensorBoardLog.MaskedCrc("123456789"u8));
    }

    private static StepReport Report(long step, double loss) => new(step, 100, step / 10.0, loss, 0.1, 0.5, 1, 20, TimeSpan.FromMinutes(1), [("norm/mean", 12.5)]);
}
