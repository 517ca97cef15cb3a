using FaceCluster.Vision.Inference;
using FaceCluster.Vision.Models;
using FaceCluster.Vision.Models.Onnx;
using Xunit;

namespace FaceCluster.Vision.Tests.Models;

public sealed class BatchRewriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("facecluster-").FullName;

    [Fact]
    public void Load_FixedBatchWithReshapeConstant_RunsBatchesLikeSingles()
    {
        using var model = Load(TinyModels.Embedder(16));
        Assert.Equal(8, model.MaxBatch);
        Assert.Equal([TinyModels.Dimension], model.OutputLengths);
        Assert.InRange(model.BatchDifference, 0, 1e-5);
        var input = Enumerable.Range(0, 5 * model.InputLength).Select(i => MathF.Sin(i)).ToArray();
        var together = new float[5 * TinyModels.Dimension];
        model.Run(input, 5, [together]);
        for (var i = 0; i < 5; i++)
        {
            var alone = new float[TinyModels.Dimension];
            model.Run(input.AsMemory(i * model.InputLength, model.InputLength), 1, [alone]);
            Assert.Equal(alone, together.AsSpan(i * TinyModels.Dimension, TinyModels.Dimension).ToArray().Select(v => v), (a, b) => Math.Abs(a - b) < 1e-5);
        }
    }

    [Fact]
    public void Load_FreeBatch_IsLeftAsItIs()
    {
        var model = TinyModels.Embedder(16);
        BatchRewriter.FreeBatch(model);
        Assert.False(BatchRewriter.HasFixedBatch(model));
        var again = ModelProto.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(model));
        BatchRewriter.FreeBatch(again);
        Assert.Equal(model, again);
        using var loaded = Load(model);
        Assert.Equal(8, loaded.MaxBatch);
    }

    [Fact]
    public void FreeBatch_ReshapeOfSomethingElse_IsLeftAsItIs()
    {
        // The first dimension of a weight is no batch, although it is 1 as well.
        var model = TinyModels.Model(
            [1, 3, 4, 4],
            ("output", [1, 3, 4, 4]),
            [
                TinyModels.Node("Reshape", ["weight", "weight-shape"], "row"),
                TinyModels.Node("Mul", ["input", "row"], "output"),
            ],
            [TinyModels.Floats("weight", [4], [1, 2, 3, 4]), TinyModels.Int64s("weight-shape", 1, 4)]);
        BatchRewriter.FreeBatch(model);
        Assert.Equal([1, 4], model.Graph.Initializer[1].Int64Data);
        using var loaded = Load(model);
        Assert.Equal(8, loaded.MaxBatch);
    }

    [Fact]
    public void Load_NoBatchPossible_IsRefusedWithASentence()
    {
        var error = Assert.Throws<ModelException>(() => Load(TinyModels.WithoutBatch()));
        Assert.Contains("cannot run batches", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoBatchPossibleButAllowed_RunsSingles()
    {
        using var model = OnnxModel.Load("tiny", TinyModels.WithoutBatch().Write(Path.Combine(_folder, "m.onnx")), new RuntimeOptions { AllowFixedBatch = true });
        Assert.Equal(1, model.MaxBatch);
        Assert.Equal([48], model.OutputLengths);
    }

    [Fact]
    public void Load_PictureDependsOnItsNeighbours_IsRefused()
    {
        var error = Assert.Throws<ModelException>(() => Load(TinyModels.MixingBatch()));
        Assert.Contains("differ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OutputNotFinite_IsRefused() =>
        Assert.Contains("not finite", Assert.Throws<ModelException>(() => Load(TinyModels.NotFinite())).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_OutputNotRepeatable_IsRefused() =>
        Assert.Contains("different outputs", Assert.Throws<ModelException>(() => Load(TinyModels.Random())).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_NoModel_IsRefused()
    {
        var path = Path.Combine(_folder, "text.onnx");
        File.WriteAllText(path, "this is no model");
        Assert.Contains("not an ONNX model", Assert.Throws<ModelException>(() => OnnxModel.Load("text", path, new RuntimeOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<ModelException>(() => OnnxModel.Load("none", path + "x", new RuntimeOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flush_DecayedWeights_BecomeZeroAndNothingElseDoes()
    {
        float[] weights = [1, -0.5f, 1e-11f, 1e-13f, -1e-30f, 1e-40f, 0];
        var graph = new GraphProto { Initializer = { TinyModels.Floats("w", [weights.Length], weights) } };
        Assert.Equal(3, WeightFlusher.Flush(graph));
        var bytes = graph.Initializer[0].RawData.ToByteArray();
        float[] flushed = [.. Enumerable.Range(0, weights.Length).Select(i => BitConverter.ToSingle(bytes, i * sizeof(float)))];
        Assert.Equal([1, -0.5f, 1e-11f, 0, 0, 0, 0], flushed);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private OnnxModel Load(ModelProto model) =>
        OnnxModel.Load("tiny", model.Write(Path.Combine(_folder, "m.onnx")), new RuntimeOptions { IntraOpThreads = 1 });
}
