using System.Text.Json;
using System.Text.Json.Nodes;
using FaceCluster.Cli.Output;
using FaceCluster.V1;
using Google.Protobuf.WellKnownTypes;

namespace FaceCluster.Cli.Tests.CommandLine;

public sealed class JsonTextTests
{
    [Fact]
    public void Message_With64BitIntegers_WritesNumbersWithProtoNames()
    {
        var response = new ListClusterMembersResponse
        {
            Cluster = new Cluster { Name = "collections/c/clusters/x", Size = 9_007_199_254_740_993 },
            Faces = { new Face { Camera = "door", Sequence = 7, CaptureTime = Timestamp.FromDateTime(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc)) } },
        };

        var node = JsonNode.Parse(JsonText.Message(response))!;

        Assert.Equal(9_007_199_254_740_993, node["cluster"]!["size"]!.GetValue<long>());
        Assert.Equal(7, node["faces"]![0]!["sequence"]!.GetValue<long>());
        Assert.Equal("2026-01-02T03:04:05Z", node["faces"]![0]!["capture_time"]!.GetValue<string>());
        Assert.Equal("", node["next_page_token"]!.GetValue<string>());
    }

    [Fact]
    public void List_OfMessages_IsOneObjectWithAList()
    {
        var node = JsonNode.Parse(JsonText.List("identities", [new Identity { Name = "a", FaceCount = 3 }, new Identity { Name = "b" }]))!;

        Assert.Equal(["a", "b"], node["identities"]!.AsArray().Select(identity => identity!["name"]!.GetValue<string>()));
        Assert.Equal(JsonValueKind.Number, node["identities"]![0]!["face_count"]!.GetValueKind());
    }

    [Fact]
    public void Record_OfAnObject_WritesSnakeCase() =>
        Assert.Equal("""{"faces_per_s":1.5}""", JsonText.Record(new { FacesPerS = 1.5 }).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));
}
