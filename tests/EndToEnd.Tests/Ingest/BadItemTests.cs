using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Ingest;

/// <summary>Each item at fault stands between two good ones, which are stored all the same.</summary>
public sealed class BadItemTests(SharedServer shared)
{
    private readonly Embeddings _people = new(20);

    public static TheoryData<string, float[]> UnusableEmbeddings => new()
    {
        { "not a number", With(float.NaN) },
        { "infinite", With(float.PositiveInfinity) },
        { "minus infinite", With(float.NegativeInfinity) },
        { "zero", new float[Embeddings.Dimension] },
        { "length overflows", Enumerable.Repeat(float.MaxValue, Embeddings.Dimension).ToArray() },
        { "511 floats", Enumerable.Repeat(1f, 511).ToArray() },
        { "513 floats", Enumerable.Repeat(1f, 513).ToArray() },
        { "no floats", [] },
    };

    [Theory]
    [MemberData(nameof(UnusableEmbeddings))]
    public async Task Embedding_that_cannot_be_used_is_refused_and_its_neighbours_are_stored(string what, float[] values)
    {
        Assert.NotEmpty(what);
        await RefusedAsync(Embeddings.Item(1, values), StatusCode.InvalidArgument, ErrorReason.InvalidEmbedding, "items[1].embedding.values");
    }

    [Fact]
    public async Task Embedding_cut_within_a_float_is_refused()
    {
        var item = Embeddings.Item(1, _people.Person());
        item.Embedding.Values = ByteString.CopyFrom(item.Embedding.Values.Span[..^1]);
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.InvalidEmbedding, "items[1].embedding.values");
    }

    [Fact]
    public async Task Embedding_of_an_unknown_model_is_refused()
    {
        var item = new IngestItem { Sequence = 1, Embedding = Embeddings.Wire(_people.Person(), "somebody-elses-model") };
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.ModelMismatch, "items[1].embedding.model_id");
    }

    [Fact]
    public async Task Embedding_without_a_model_is_refused()
    {
        var item = new IngestItem { Sequence = 1, Embedding = Embeddings.Wire(_people.Person(), string.Empty) };
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.InvalidField, "items[1].embedding.model_id");
    }

    [Fact]
    public async Task Item_without_payload_is_refused() =>
        await RefusedAsync(new IngestItem { Sequence = 1 }, StatusCode.InvalidArgument, ErrorReason.InvalidField, "items[1]");

    [Fact]
    public async Task Item_with_negative_sequence_is_refused() =>
        await RefusedAsync(Embeddings.Item(-1, _people.Person()), StatusCode.InvalidArgument, ErrorReason.InvalidField, "items[1].sequence");

    [Theory]
    [InlineData(float.NaN, 0, 10, 10, "left")]
    [InlineData(0, float.PositiveInfinity, 10, 10, "top")]
    [InlineData(0, 0, 0, 10, "width")]
    [InlineData(0, 0, 10, -1, "height")]
    public async Task Item_with_an_impossible_box_is_refused(float left, float top, float width, float height, string field)
    {
        var item = Embeddings.Item(1, _people.Person());
        item.Box = new Box { Left = left, Top = top, Width = width, Height = height };
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.InvalidField, $"items[1].box.{field}");
    }

    [Fact]
    public async Task Item_with_a_time_out_of_range_is_refused()
    {
        var item = Embeddings.Item(1, _people.Person());
        item.CaptureTime = new Timestamp { Seconds = long.MaxValue, Nanos = -1 };
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.InvalidField, "items[1].capture_time");
    }

    [Fact]
    public async Task Item_with_an_overlong_track_is_refused()
    {
        var item = Embeddings.Item(1, _people.Person());
        item.TrackId = new string('x', 129);
        await RefusedAsync(item, StatusCode.InvalidArgument, ErrorReason.InvalidField, "items[1].track_id");
    }

    [Fact]
    public async Task Picture_sent_to_a_server_without_a_model_is_refused_alone()
    {
        var item = new IngestItem { Sequence = 1, Frame = ByteString.CopyFromUtf8("a picture") };
        await RefusedAsync(item, StatusCode.FailedPrecondition, ErrorReason.InferenceUnavailable, null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\nb")]
    public async Task Camera_missing_or_malformed_refuses_every_item_of_the_block_and_no_other(string camera)
    {
        var collection = await shared.Api.NewCollectionAsync();
        using var session = new IngestSession(shared.Api);
        await session.SendAsync(collection, camera, Embeddings.Item(1, _people.Person()), Embeddings.Item(2, _people.Person()));
        await session.SendAsync(collection, "door", Embeddings.Item(1, _people.Person()));
        await session.CompleteAsync();

        var refused = session.Acknowledgements.Where(item => item.Camera == camera).ToList();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, item => ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.InvalidField, item.Error, "camera"));
        Assert.Null(session.Acknowledgements.Single(item => item.Camera == "door").Error);
    }

    [Fact]
    public async Task Camera_with_129_bytes_is_refused_by_the_unary_form_as_a_whole() => Assert.Contains(
        "camera",
        ExpectedError.Fields(await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidField, () =>
            shared.Api.SendAsync("collections/default", new string('c', 129), Embeddings.Item(1, _people.Person())))));

    [Fact]
    public async Task Block_of_33_items_is_refused_item_by_item_and_the_stream_goes_on()
    {
        var collection = await shared.Api.NewCollectionAsync();
        using var session = new IngestSession(shared.Api);
        await session.SendAsync(collection, "door", [.. Enumerable.Range(0, 33).Select(i => Embeddings.Item(i, _people.Person()))]);
        await session.SendAsync(collection, "door", [.. Enumerable.Range(0, 32).Select(i => Embeddings.Item(i, _people.Person()))]);
        await session.CompleteAsync();

        Assert.All(session.Acknowledgements.Take(33), item =>
            ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.BlockTooLarge, item.Error, "items"));
        Assert.All(session.Acknowledgements.Skip(33), item => Assert.Null(item.Error));
        Assert.Equal(65, session.Acknowledgements.Count);
    }

    private async Task RefusedAsync(IngestItem bad, StatusCode code, ErrorReason reason, string? field)
    {
        var collection = await shared.Api.NewCollectionAsync();
        var answer = await shared.Api.SendAsync(
            collection, "door", Embeddings.Item(100, _people.Person()), bad, Embeddings.Item(101, _people.Person()));
        ExpectedError.Matches(code, reason, answer.Acknowledgements[1].Error, field);
        Assert.Empty(answer.Acknowledgements[1].Faces);
        Assert.Null(answer.Acknowledgements[0].Error);
        Assert.Null(answer.Acknowledgements[2].Error);
        Assert.Equal(2, (await shared.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces.Count);
    }

    private static float[] With(float value)
    {
        var values = Enumerable.Repeat(1f, Embeddings.Dimension).ToArray();
        values[317] = value;
        return values;
    }
}
