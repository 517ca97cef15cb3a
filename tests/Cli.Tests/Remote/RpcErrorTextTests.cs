using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Remote;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace FaceCluster.Cli.Tests.Remote;

public sealed class RpcErrorTextTests
{
    [Fact]
    public void Describe_OfARichStatus_NamesTheFieldTheReasonAndTheWait()
    {
        var status = new Google.Rpc.Status
        {
            Code = (int)Code.InvalidArgument,
            Message = "The request is wrong.",
            Details =
            {
                Any.Pack(new ErrorInfo { Domain = "facecluster.v1", Reason = "INVALID_FIELD" }),
                Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "page_size", Description = "Must not be negative." } } }),
                Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)) }),
            },
        };

        Assert.Equal(
            "The request is wrong; page_size: Must not be negative; try again in 1.5 s (INVALID_FIELD).", RpcErrorText.Describe(status.ToRpcException()));
        Assert.Equal("INVALID_FIELD", RpcErrorText.ReasonOf(status));
        Assert.Equal(TimeSpan.FromSeconds(1.5), RpcErrorText.RetryDelayOf(status));
    }

    [Fact]
    public void Describe_WhereTheMessageNamesTheFieldAlready_SaysItOnce()
    {
        var status = new Google.Rpc.Status
        {
            Message = "page_size: must not be negative.",
            Details = { Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "page_size", Description = "must not be negative." } } }) },
        };

        Assert.Equal("page_size: must not be negative.", RpcErrorText.Describe(status));
    }

    [Fact]
    public void Describe_OfAPlainStatus_GivesItsDetail() =>
        Assert.Equal("gone (NotFound)", RpcErrorText.Describe(new RpcException(new Grpc.Core.Status(StatusCode.NotFound, "gone"))));

    [Theory]
    [InlineData(StatusCode.OK, ExitCode.Success)]
    [InlineData(StatusCode.Unavailable, ExitCode.Unreachable)]
    [InlineData(StatusCode.NotFound, ExitCode.NotFound)]
    [InlineData(StatusCode.PermissionDenied, ExitCode.NotPermitted)]
    [InlineData(StatusCode.InvalidArgument, ExitCode.Refused)]
    [InlineData(StatusCode.AlreadyExists, ExitCode.Refused)]
    [InlineData(StatusCode.Internal, ExitCode.Failure)]
    public void ExitCode_OfAStatus_IsTheDocumentedOne(StatusCode status, int code) => Assert.Equal(code, ExitCode.Of(status));

    [Theory]
    [InlineData("faces", "ab12", "collections/c/faces/ab12")]
    [InlineData("clusters", "collections/c/clusters/x", "collections/c/clusters/x")]
    public void Child_OfAnIdOrAName_IsTheName(string kind, string value, string name) =>
        Assert.Equal(name, ResourceNames.Child("collections/c", kind, value));
}
