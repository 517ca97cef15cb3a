using FaceCluster.Storage.Log;
using Microsoft.Win32.SafeHandles;

namespace FaceCluster.Storage.Tests.Recovery;

/// <summary>A disk that can be held, broken and watched.</summary>
internal sealed class GatedDurability : Durability, IDisposable
{
    private readonly ManualResetEventSlim _open = new(true);

    public int Flushes { get; private set; }

    /// <summary>Bytes of the next group that still reach the file before the write fails.</summary>
    public int? FailWriteAfter { get; set; }

    public bool FailFlush { get; set; }

    /// <summary>Called before each write and flush.</summary>
    public Action? Watch { get; set; }

    public SemaphoreSlim Waiting { get; } = new(0);

    public void Hold() => _open.Reset();

    public void Release() => _open.Set();

    public override void Write(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        Watch?.Invoke();
        if (FailWriteAfter is { } bytes)
        {
            var all = buffers.SelectMany(buffer => buffer.ToArray()).Take(bytes).ToArray();
            RandomAccess.Write(file, all, offset);
            throw new IOException("No space left on device.");
        }

        base.Write(file, buffers, offset);
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        Watch?.Invoke();
        if (FailWriteAfter is not null)
        {
            throw new IOException("No space left on device.");
        }

        base.Write(file, bytes, offset);
    }

    public override void Flush(SafeFileHandle file)
    {
        Watch?.Invoke();
        if (!_open.IsSet)
        {
            Waiting.Release();
            _open.Wait();
        }

        Flushes++;
        if (FailFlush)
        {
            throw new IOException("Input/output error.");
        }

        base.Flush(file);
    }

    public void Dispose()
    {
        _open.Dispose();
        Waiting.Dispose();
    }
}
