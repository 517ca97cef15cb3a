using FaceCluster.V1;

namespace FaceCluster.Gateway.Errors;

/// <summary>The names of <see cref="ErrorReason"/> as they stand in the contract.</summary>
internal static class ErrorReasons
{
    private static readonly Dictionary<ErrorReason, string> Names = ErrorReasonReflection.Descriptor.EnumTypes
        .Single(type => type.Name == nameof(ErrorReason))
        .Values
        .ToDictionary(value => (ErrorReason)value.Number, value => value.Name);

    /// <summary>For instance SEQUENCE_REUSED.</summary>
    public static string Name(this ErrorReason reason) => Names[reason];
}
