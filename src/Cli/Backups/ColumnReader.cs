using Parquet;
using Parquet.Schema;

namespace FaceCluster.Cli.Backups;

/// <summary>Reads whole columns of a row group; a missing column is an error that names it.</summary>
internal sealed class ColumnReader(ParquetRowGroupReader group, string path, CancellationToken cancellation)
{
    private int Rows => checked((int)group.RowCount);

    public async Task<string[]> TextAsync(DataField field)
    {
        Require(field);
        var values = new string?[Rows];
        await group.ReadAsync(field, values.AsMemory(), null, cancellation);
        return Array.ConvertAll(values, static value => value ?? string.Empty);
    }

    public async Task<byte[][]> BytesAsync(DataField field)
    {
        Require(field);
        var values = new byte[]?[Rows];
        await group.ReadAsync(field, values.AsMemory(), null, cancellation);
        return Array.ConvertAll(values, static value => value ?? []);
    }

    public async Task<T[]> ValuesAsync<T>(DataField<T> field)
        where T : struct
    {
        Require(field);
        var values = new T[Rows];
        await group.ReadAsync<T>(field, values.AsMemory(), null, cancellation);
        return values;
    }

    private void Require(DataField field)
    {
        if (!group.ColumnExists(field))
        {
            throw new InvalidDataException($"'{path}' lacks the column '{field.Name}'.");
        }
    }
}
