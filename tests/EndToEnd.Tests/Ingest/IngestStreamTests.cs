using FaceCluster.Core;
using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.V1;
using Grpc.Core;

namespace FaceCluster.EndToEnd.Tests.Ingest;

public sealed class IngestStreamTests(SharedServer shared)
{
    [Fact]
    public async Task Stream_blocks_sent_are_acknowledged_item_by_item_with_derived_ids()
    {
        var people = new Embeddings(1);
        var collection = await shared.Api.NewCollectionAsync();
        using var session = new IngestSession(shared.Api);
        var person = people.Person();
        await session.SendAsync(collection, "door", Embeddings.Item(5, people.See(person)), Embeddings.Item(6, people.See(person)));
        await session.CompleteAsync();

        Assert.Equal([5, 6], session.Acknowledgements.Select(item => item.Sequence));
        Assert.All(session.Acknowledgements, item =>
        {
            Assert.Null(item.Error);
            Assert.Equal("door", item.Camera);
            Assert.NotEmpty(item.Revision);
            var face = Assert.Single(item.Faces);
            var id = FaceId.Derive(collection["collections/".Length..], "door", item.Sequence, 0);
            Assert.Equal($"{collection}/faces/{id}", face.Name);
            Assert.True(face.Quality.Magnitude > 0);
        });
    }

    [Fact]
    public async Task Stream_first_message_grants_credit_and_each_answered_block_gives_it_back()
    {
        var people = new Embeddings(2);
        var collection = await shared.Api.NewCollectionAsync();
        var limits = (await shared.Api.Server.GetServerInfoAsync(new GetServerInfoRequest())).Limits;
        using var session = new IngestSession(shared.Api);
        Assert.True(await session.ReadAsync());
        Assert.Equal(limits.MaxInFlightBlocks, session.Credit.Blocks);
        Assert.Equal(limits.MaxInFlightBytes, session.Credit.Bytes);

        const int Blocks = 20;
        for (var i = 0; i < Blocks; i++)
        {
            await session.SendAsync(collection, "door", Embeddings.Item(i, people.Person()));
        }

        await session.CompleteAsync();
        Assert.Equal(limits.MaxInFlightBlocks + Blocks, session.Credit.Blocks);
        Assert.Equal(Blocks, session.Acknowledgements.Count);
    }

    [Fact]
    public async Task Stream_many_blocks_of_one_camera_are_acknowledged_in_order_without_gaps()
    {
        var people = new Embeddings(3);
        var collection = await shared.Api.NewCollectionAsync();
        using var session = new IngestSession(shared.Api);
        var reading = Task.Run(session.CompletedAsync, TestContext.Current.CancellationToken);
        for (var block = 0; block < 40; block++)
        {
            var first = block * 8;
            await session.SendAsync(
                block == 0 ? collection : string.Empty, "gate", [.. Enumerable.Range(first, 8).Select(i => Embeddings.Item(i, people.Person()))]);
        }

        await session.HalfCloseAsync();
        await reading;
        Assert.Equal(Enumerable.Range(0, 320).Select(i => (long)i), session.Acknowledgements.Select(item => item.Sequence));
        Assert.All(session.Acknowledgements, item => Assert.Equal(0, item.SkippedSequences));
    }

    [Fact]
    public async Task Repeat_of_an_item_is_answered_with_the_first_answer_and_stores_nothing()
    {
        var people = new Embeddings(4);
        var collection = await shared.Api.NewCollectionAsync();
        var item = Embeddings.Item(1, people.Person());
        var first = await shared.Api.SendAsync(collection, "door", item);
        var again = await shared.Api.SendAsync(collection, "door", item);

        Assert.False(first.Acknowledgements[0].Replayed);
        Assert.True(again.Acknowledgements[0].Replayed);
        Assert.Equal(first.Acknowledgements[0].Faces, again.Acknowledgements[0].Faces);
        var listed = await shared.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection });
        Assert.Single(listed.Faces);
    }

    [Fact]
    public async Task Repeat_within_one_block_is_answered_twice_and_stored_once()
    {
        var people = new Embeddings(5);
        var collection = await shared.Api.NewCollectionAsync();
        var item = Embeddings.Item(1, people.Person());
        var answer = await shared.Api.SendAsync(collection, "door", item, item, Embeddings.Item(1, people.Person()));

        Assert.Equal(answer.Acknowledgements[0].Faces, answer.Acknowledgements[1].Faces);
        Assert.True(answer.Acknowledgements[1].Replayed);
        ExpectedError.Matches(StatusCode.AlreadyExists, ErrorReason.SequenceReused, answer.Acknowledgements[2].Error, "sequence");
        Assert.Single((await shared.Api.Faces.ListFacesAsync(new ListFacesRequest { Parent = collection })).Faces);
    }

    [Fact]
    public async Task Sequence_used_for_another_payload_is_refused_and_the_first_face_stays()
    {
        var people = new Embeddings(6);
        var collection = await shared.Api.NewCollectionAsync();
        var first = await shared.Api.SendAsync(collection, "door", Embeddings.Item(7, people.Person()));
        var other = await shared.Api.SendAsync(collection, "door", Embeddings.Item(7, people.Person()), Embeddings.Item(8, people.Person()));

        ExpectedError.Matches(StatusCode.AlreadyExists, ErrorReason.SequenceReused, other.Acknowledgements[0].Error, "sequence");
        Assert.Null(other.Acknowledgements[1].Error);
        var kept = await shared.Api.Faces.GetFaceAsync(new GetFaceRequest { Name = first.Acknowledgements[0].Faces[0].Name });
        Assert.Equal(7, kept.Sequence);
    }

    [Fact]
    public async Task Gap_in_the_sequence_is_accepted_and_reported()
    {
        var people = new Embeddings(7);
        var collection = await shared.Api.NewCollectionAsync();
        await shared.Api.SendAsync(collection, "door", Embeddings.Item(1, people.Person()));
        var answer = await shared.Api.SendAsync(collection, "door", Embeddings.Item(5, people.Person()), Embeddings.Item(6, people.Person()));
        Assert.Equal([3, 0], answer.Acknowledgements.Select(item => item.SkippedSequences));
    }

    [Fact]
    public async Task Parent_missing_in_the_first_message_refuses_items_until_one_names_it()
    {
        var people = new Embeddings(8);
        var collection = await shared.Api.NewCollectionAsync();
        using var session = new IngestSession(shared.Api);
        await session.SendAsync(string.Empty, "door", Embeddings.Item(1, people.Person()));
        await session.SendAsync("collections/nosuch", "door", Embeddings.Item(1, people.Person()));
        await session.SendAsync(collection, "door", Embeddings.Item(1, people.Person()));
        await session.CompleteAsync();

        ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.InvalidField, session.Acknowledgements[0].Error, "parent");
        ExpectedError.Matches(StatusCode.NotFound, ErrorReason.CollectionNotFound, session.Acknowledgements[1].Error);
        Assert.Null(session.Acknowledgements[2].Error);
    }

    [Fact]
    public async Task Default_collection_comes_into_being_when_it_is_first_used()
    {
        var people = new Embeddings(9);
        var answer = await shared.Api.SendAsync("collections/default", $"camera {Guid.NewGuid()}", Embeddings.Item(1, people.Person()));
        Assert.Null(answer.Acknowledgements[0].Error);
        Assert.Equal(Embeddings.ModelId, (await shared.Api.Collections.GetCollectionAsync(new GetCollectionRequest { Name = "collections/default" })).Settings.ModelId);
    }
}
