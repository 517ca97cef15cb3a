namespace FaceCluster.Storage.Log;

/// <summary>Work that reads files for a second or so: on a thread of its own, not on the pool's.</summary>
internal static class LongWork
{
    public static Task<T> RunAsync<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
