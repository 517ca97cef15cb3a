using Microsoft.Extensions.Options;

namespace FaceCluster.Gateway;

/// <summary>Refuses limits that cannot work, at start-up, naming the option and its range.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var failures = new List<string>();
        Check(failures, nameof(options.MaxBlockItems), options.MaxBlockItems, 1, 32);
        Check(failures, nameof(options.MaxMessageBytes), options.MaxMessageBytes, 1 << 10, 1 << 30);
        Check(failures, nameof(options.MaxResponseBytes), options.MaxResponseBytes, 1 << 20, 1 << 30);
        Check(failures, nameof(options.MaxItemBytes), options.MaxItemBytes, 1, options.MaxMessageBytes);
        Check(failures, nameof(options.MaxPixels), options.MaxPixels, 112 * 112, 1L << 30);
        Check(failures, nameof(options.MaxFacesPerFrame), options.MaxFacesPerFrame, 1, 1000);
        Check(failures, nameof(options.MaxIngestStreams), options.MaxIngestStreams, 1, 1_000_000);
        Check(failures, nameof(options.MaxInFlightBlocks), options.MaxInFlightBlocks, 1, 1024);
        Check(failures, nameof(options.MaxInFlightBytes), options.MaxInFlightBytes, 1, 1L << 40);
        Check(failures, nameof(options.MaxTotalInFlightBytes), options.MaxTotalInFlightBytes, 1, 1L << 40);
        Check(failures, nameof(options.MaxFacesPerIdentity), options.MaxFacesPerIdentity, 1, 1_000_000);
        Check(failures, nameof(options.MaxRevisionWait), options.MaxRevisionWait.TotalSeconds, 0.001, 3600);
        Check(failures, nameof(options.DrainGrace), options.DrainGrace.TotalSeconds, 0, 600);
        Check(failures, nameof(options.RetryDelay), options.RetryDelay.TotalSeconds, 0.001, 3600);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void Check<T>(List<string> failures, string option, T value, T minimum, T maximum)
        where T : IComparable<T>
    {
        if (value.CompareTo(minimum) < 0 || value.CompareTo(maximum) > 0)
        {
            failures.Add(FormattableString.Invariant($"{GatewayOptions.Section}:{option} is {value}; {minimum} to {maximum} is allowed."));
        }
    }
}
