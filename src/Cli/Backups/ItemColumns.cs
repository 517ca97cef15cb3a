using System.Runtime.CompilerServices;
using FaceCluster.V1;
using Parquet;
using Parquet.Schema;

namespace FaceCluster.Cli.Backups;

/// <summary>The columns of <c>items.parquet</c>.</summary>
internal sealed class ItemColumns
{
    private static readonly DataField<string> Camera = new("camera", false);
    private static readonly DataField<long> Sequence = new("sequence");
    private static readonly DataField<long> CaptureTime = new("capture_time_micros");
    private static readonly DataField<long> PayloadDigest = new("payload_digest");
    private static readonly DataField<int> Source = new("source");
    private static readonly DataField<string> TrackId = new("track_id", false);
    private static readonly DataField<long> GapBefore = new("gap_before");
    private static readonly DataField<int> FacesOverLimit = new("faces_over_limit");

    private readonly List<(string Camera, BackupItem Item)> _rows = [];

    public static ParquetSchema Schema { get; } = new(Camera, Sequence, CaptureTime, PayloadDigest, Source, TrackId, GapBefore, FacesOverLimit);

    public int Count => _rows.Count;

    public void Add(string camera, BackupItem item) => _rows.Add((camera, item));

    /// <summary>Writes what was added as one row group.</summary>
    public async Task FlushAsync(ParquetWriter writer)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        using var group = writer.CreateRowGroup();
        await group.WriteAsync(Camera, _rows.ConvertAll(static row => row.Camera));
        await group.WriteAsync<long>(Sequence, _rows.Select(static row => row.Item.Sequence).ToArray());
        await group.WriteAsync<long>(CaptureTime, _rows.Select(static row => row.Item.CaptureTimeMicros).ToArray());
        await group.WriteAsync<long>(PayloadDigest, _rows.Select(static row => unchecked((long)row.Item.PayloadDigest)).ToArray());
        await group.WriteAsync<int>(Source, _rows.Select(static row => row.Item.Source).ToArray());
        await group.WriteAsync(TrackId, _rows.ConvertAll(static row => row.Item.TrackId));
        await group.WriteAsync<long>(GapBefore, _rows.Select(static row => row.Item.GapBefore).ToArray());
        await group.WriteAsync<int>(FacesOverLimit, _rows.Select(static row => row.Item.FacesOverLimit).ToArray());
        group.CompleteValidate();
        _rows.Clear();
    }

    /// <summary>The rows of a file.</summary>
    public static async IAsyncEnumerable<(string Camera, BackupItem Item)> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var reader = await ParquetReader.CreateAsync(path, cancellationToken: cancellation);
        for (var number = 0; number < reader.RowGroupCount; number++)
        {
            using var group = reader.OpenRowGroupReader(number);
            var columns = new ColumnReader(group, path, cancellation);
            var camera = await columns.TextAsync(Camera);
            var sequence = await columns.ValuesAsync(Sequence);
            var time = await columns.ValuesAsync(CaptureTime);
            var digest = await columns.ValuesAsync(PayloadDigest);
            var source = await columns.ValuesAsync(Source);
            var track = await columns.TextAsync(TrackId);
            var gap = await columns.ValuesAsync(GapBefore);
            var over = await columns.ValuesAsync(FacesOverLimit);
            for (var row = 0; row < sequence.Length; row++)
            {
                yield return (camera[row], new BackupItem
                {
                    Sequence = sequence[row],
                    CaptureTimeMicros = time[row],
                    PayloadDigest = unchecked((ulong)digest[row]),
                    Source = source[row],
                    TrackId = track[row],
                    GapBefore = gap[row],
                    FacesOverLimit = over[row],
                });
            }
        }
    }
}
