namespace FaceCluster.Gateway.Requests;

/// <summary>How a call's time is divided.</summary>
internal static class CallTime
{
    private static readonly TimeSpan MaxReserve = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// When waiting has to end so that the answer can still say why: a tenth of what is left, at most 200 ms, before the deadline.
    /// </summary>
    /// <param name="deadline">The call's deadline; <see cref="DateTime.MaxValue"/> where it has none, which is the answer then, too.</param>
    /// <param name="now">Now, in UTC.</param>
    public static DateTime EndOfWait(DateTime deadline, DateTime now)
    {
        if (deadline == DateTime.MaxValue)
        {
            return deadline;
        }

        var tenth = (deadline - now) / 10;
        return deadline - (tenth < MaxReserve ? tenth : MaxReserve);
    }
}
