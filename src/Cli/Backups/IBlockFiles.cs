using FaceCluster.V1;

namespace FaceCluster.Cli.Backups;

/// <summary>How items and faces lie in the files of a folder.</summary>
internal interface IBlockFiles
{
    /// <summary>Starts to write into a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dimension">Numbers per embedding.</param>
    Task<IBlockWriter> CreateAsync(string folder, int dimension);

    /// <summary>All blocks of a folder, in the order in which they were written.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="dimension">Numbers per embedding.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="InvalidDataException">The files are not what they should be.</exception>
    IAsyncEnumerable<BackupBlock> ReadAsync(string folder, int dimension, CancellationToken cancellation);
}

/// <summary>Takes blocks, one after the other.</summary>
internal interface IBlockWriter : IAsyncDisposable
{
    /// <summary>Writes a block.</summary>
    Task WriteAsync(BackupBlock block);

    /// <summary>Completes the files and flushes them; yields their names.</summary>
    Task<IReadOnlyList<string>> CompleteAsync();
}
