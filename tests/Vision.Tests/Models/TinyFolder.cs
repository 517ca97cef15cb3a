using FaceCluster.Vision.Models.Onnx;

namespace FaceCluster.Vision.Tests.Models;

/// <summary>A temporary folder with three tiny models under the default names.</summary>
internal sealed class TinyFolder : IDisposable
{
    public const string Manifest = """
        {
          "name": "tiny", "color_order": "RGB", "mean": [127], "scale": [0.0078125], "template": "arcface-112",
          "dimension": 8, "magnitude_quantiles": { "0": 0.1, "0.5": 1, "1": 4 }
        }
        """;

    public TinyFolder(ModelProto? embedder = null, IReadOnlyList<float[]>? boxes = null, string? manifest = Manifest)
    {
        Path = Directory.CreateTempSubdirectory("facecluster-").FullName;
        TinyModels.Detector(boxes ?? [[0.4f, 0.3f, 0.6f, 0.7f]]).Write(File("fr_detect.onnx"));
        TinyModels.Landmarks().Write(File("fr_landmark.onnx"));
        (embedder ?? TinyModels.Embedder()).Write(File("fr_feature.onnx"));
        if (manifest is not null)
        {
            System.IO.File.WriteAllText(File("fr_feature.json"), manifest);
        }
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public VisionOptions Options(Action<VisionOptions>? change = null)
    {
        var options = new VisionOptions { ModelDirectory = Path };
        options.Runtime.IntraOpThreads = 1;
        change?.Invoke(options);
        return options;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
