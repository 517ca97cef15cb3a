using FaceCluster.EndToEnd.Tests.Infrastructure;
using FaceCluster.Testing;
using FaceCluster.V1;
using FaceCluster.Vision.Models;
using Google.Protobuf;
using Grpc.Core;
using SkiaSharp;

namespace FaceCluster.EndToEnd.Tests.Ingest;

public sealed class PictureTests(PictureServer shared)
{
    [Fact]
    public async Task Pictures_that_cannot_be_read_are_refused_one_by_one_and_their_neighbours_are_stored()
    {
        var collection = await NewCollectionAsync();
        var good = Pictures.Noise(112, 112, SKEncodedImageFormat.Png);
        var jpeg = Pictures.Noise(320, 240);
        var answer = await shared.Api.SendAsync(
            collection,
            "door",
            new IngestItem { Sequence = 0, AlignedCrop = good },
            new IngestItem { Sequence = 1, Frame = ByteString.CopyFrom(jpeg.Span[..(jpeg.Length / 2)]) },
            new IngestItem { Sequence = 2, Frame = Pictures.Bomb() },
            new IngestItem { Sequence = 3, Frame = ByteString.CopyFromUtf8("Dear camera, this is a letter and not a picture at all.") },
            new IngestItem { Sequence = 4, Frame = ByteString.Empty },
            new IngestItem { Sequence = 5, AlignedCrop = jpeg },
            new IngestItem { Sequence = 6, Frame = jpeg, Box = new Box { Width = 1, Height = 1 } },
            new IngestItem { Sequence = 7, FaceCrop = good });

        Assert.Null(answer.Acknowledgements[0].Error);
        Assert.Single(answer.Acknowledgements[0].Faces);
        foreach (var (index, field) in new[] { (1, "frame"), (2, "frame"), (3, "frame"), (4, "frame"), (5, "aligned_crop") })
        {
            ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.InvalidImage, answer.Acknowledgements[index].Error, $"items[{index}].{field}");
        }

        ExpectedError.Matches(StatusCode.InvalidArgument, ErrorReason.InvalidField, answer.Acknowledgements[6].Error, "items[6].box");
        Assert.Equal(
            ["IMAGE_TRUNCATED", "IMAGE_TOO_LARGE", "NOT_AN_IMAGE", null, "CROP_NOT_ALIGNED"],
            answer.Acknowledgements.Skip(1).Take(5).Select(item => item.Error.GetDetail<Google.Rpc.ErrorInfo>().Metadata.GetValueOrDefault("cause")));
    }

    [Fact]
    public async Task Frame_without_faces_is_acknowledged_without_faces_and_its_repeat_is_a_repeat()
    {
        var collection = await NewCollectionAsync();
        var item = new IngestItem { Sequence = 0, Frame = Pictures.Noise(160, 120) };
        var first = await shared.Api.SendAsync(collection, "door", item);
        Assert.Null(first.Acknowledgements[0].Error);
        Assert.True((await shared.Api.SendAsync(collection, "door", item)).Acknowledgements[0].Replayed);
        var other = await shared.Api.SendAsync(collection, "door", new IngestItem { Sequence = 0, Frame = Pictures.Noise(120, 160) });
        ExpectedError.Matches(StatusCode.AlreadyExists, ErrorReason.SequenceReused, other.Acknowledgements[0].Error);
    }

    [Fact]
    public async Task Frame_with_more_faces_than_the_limit_gives_the_best_and_counts_the_rest()
    {
        var folder = SharedData.Path("lfw-dev", "images");
        Assert.SkipWhen(folder is null, SharedData.SkipReason);
        var face = await File.ReadAllBytesAsync(Directory.EnumerateFiles(folder!).Order().First(), TestContext.Current.CancellationToken);
        var collection = await NewCollectionAsync();
        var answer = await shared.Api.SendAsync(collection, "crowd", new IngestItem { Sequence = 0, Frame = Pictures.Tile(face, 10, 6, 120) });
        var item = answer.Acknowledgements[0];
        Assert.Null(item.Error);
        Assert.Equal(PictureServer.MaxFaces, item.Faces.Count);
        Assert.True(item.FacesOverLimit > 0);
        Assert.All(item.Faces, found => Assert.True(found.Box.Width > 0));
    }

    [Fact]
    public async Task Face_too_small_to_use_is_named_with_its_reason_wherever_pictures_are_read()
    {
        var folder = SharedData.Path("lfw-dev", "images");
        Assert.SkipWhen(folder is null, SharedData.SkipReason);
        Assert.SkipWhen(ModelFolder.Find(null) is null, "The models are not on this machine: run eng/fetch-models.sh.");
        await using var server = await TestServer.StartAsync(configure: static options =>
        {
            options.Inference.Enabled = true;
            options.Inference.ConfigureVision = static vision => vision.Detection.MinUsablePixels = 150;
        });
        var collection = (await server.Api.Collections.CreateCollectionAsync(new CreateCollectionRequest { CollectionId = "small" })).Name;
        var face = await File.ReadAllBytesAsync(Directory.EnumerateFiles(folder!).Order().First(), TestContext.Current.CancellationToken);
        var frame = Pictures.Tile(face, 2, 1, 100);
        var answer = await server.Api.SendAsync(collection, "door", new IngestItem { Sequence = 0, Frame = frame });
        var item = answer.Acknowledgements[0];
        Assert.Null(item.Error);
        Assert.NotEmpty(item.Faces);
        Assert.All(item.Faces, found => Assert.Equal((FaceRefusal.TooSmall, string.Empty), (found.Refusal, found.Name)));
        Assert.All(item.Faces, found => Assert.True(found.Box.Width > 0));
        var search = await server.Api.Faces.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { Image = frame } });
        Assert.Equal(item.Faces.Count, search.Results.Count);
        Assert.All(search.Results, result => Assert.Equal(FaceRefusal.TooSmall, result.Refusal));
        var identify = await server.Api.Identities.IdentifyFacesAsync(new IdentifyFacesRequest { Parent = collection, Query = new FaceQuery { Image = frame } });
        Assert.Equal(item.Faces.Count, identify.Faces.Count);
        Assert.All(identify.Faces, found => Assert.Equal(FaceRefusal.TooSmall, found.Refusal));
    }

    [Fact]
    public async Task Query_by_picture_answers_for_every_face_or_says_that_there_is_none()
    {
        var collection = await NewCollectionAsync();
        var crop = Pictures.Noise(112, 112, SKEncodedImageFormat.Png);
        var sent = await shared.Api.SendAsync(collection, "door", new IngestItem { Sequence = 0, AlignedCrop = crop });
        var found = await shared.Api.Faces.SearchFacesAsync(new SearchFacesRequest { Parent = collection, Query = new FaceQuery { AlignedCrop = crop } });
        Assert.Equal(sent.Acknowledgements[0].Faces[0].Name, found.Results[0].Matches[0].Face.Name);
        Assert.Equal(1, found.Results[0].Matches[0].Similarity, 5);
        Assert.True(found.Results[0].Matches[0].HasProbability);
        await ExpectedError.FailsAsync(StatusCode.InvalidArgument, ErrorReason.InvalidImage, () => shared.Api.Identities.IdentifyFacesAsync(
            new IdentifyFacesRequest { Parent = collection, Query = new FaceQuery { Image = ByteString.CopyFromUtf8("a letter") } }).ResponseAsync);
        await ExpectedError.FailsAsync(StatusCode.FailedPrecondition, ErrorReason.NoFaceFound, () => shared.Api.Faces.VerifyFacesAsync(new VerifyFacesRequest
        {
            Parent = collection,
            First = new FaceQuery { Image = Pictures.Noise(64, 64) },
            Second = new FaceQuery { AlignedCrop = crop },
        }).ResponseAsync);
    }

    [Fact]
    public async Task Server_info_names_the_model_and_what_it_runs_on()
    {
        var model = Assert.Single((await shared.Api.Server.GetServerInfoAsync(new GetServerInfoRequest())).Models);
        Assert.Equal("cpu", model.InferenceProvider);
        Assert.Equal(512, model.Dimension);
        Assert.NotEmpty(model.MagnitudeQuantiles);
    }

    private async Task<string> NewCollectionAsync() =>
        (await shared.Api.Collections.CreateCollectionAsync(new CreateCollectionRequest { CollectionId = $"c{Guid.NewGuid():n}" })).Name;
}
