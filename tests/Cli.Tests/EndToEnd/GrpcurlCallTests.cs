using FaceCluster.Cli.CommandLine;
using FaceCluster.Cli.Demo;
using FaceCluster.Cli.Tests.Infrastructure;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;

namespace FaceCluster.Cli.Tests.EndToEnd;

/// <summary>Does what grpcurl does with each printed call: asks the server for its schema, parses the JSON by it, calls.</summary>
public sealed class GrpcurlCallTests
{
    [Fact]
    public async Task Examples_CalledThroughReflection_AreAnswered()
    {
        await using var server = await LocalServer.StartAsync(inference: false);
        Assert.Equal(ExitCode.Success, (await server.RunAsync("collections", "create", "demo", "--model", "test-model")).ExitCode);
        using var channel = GrpcChannel.ForAddress(server.Address);
        foreach (var call in GrpcurlCall.Examples("collections/demo"))
        {
            Assert.StartsWith($"grpcurl -plaintext -d '{call.Json}' 127.0.0.1:", call.CommandLine(new Uri(server.Address)), StringComparison.Ordinal);

            var method = await ResolveAsync(channel, call.Method);
            var request = new JsonParser(JsonParser.Settings.Default).Parse(call.Json, method.InputType);
            var answer = await channel.CreateCallInvoker().AsyncUnaryCall(
                new Method<byte[], byte[]>(MethodType.Unary, method.Service.FullName, method.Name, Bytes, Bytes), null, new CallOptions(), request.ToByteArray());

            Assert.NotNull(method.OutputType.Parser.ParseFrom(answer));
        }
    }

    private static Marshaller<byte[]> Bytes { get; } = Marshallers.Create(bytes => bytes, bytes => bytes);

    private static async Task<MethodDescriptor> ResolveAsync(GrpcChannel channel, string name)
    {
        var parts = name.Split('/');
        using var stream = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await stream.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = parts[0] });
        Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        var file = stream.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto
            .Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes))
            .Single(proto => proto.Service.Any(service => $"{proto.Package}.{service.Name}" == parts[0]));
        await stream.RequestStream.CompleteAsync();
        Assert.Contains(file.Service.Single(service => $"{file.Package}.{service.Name}" == parts[0]).Method, method => method.Name == parts[1]);
        return typeof(V1.Face).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<ServiceDescriptor>()
            .First(service => service.FullName == parts[0]).FindMethodByName(parts[1]);
    }
}
