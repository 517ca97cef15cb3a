namespace FaceCluster.Vision.Models;

/// <summary>The form of a model that the engine runs, for tools that run it themselves.</summary>
public static class ModelForms
{
    /// <summary>The bytes of a model file with a free batch dimension and decayed weights set to zero.</summary>
    /// <exception cref="ModelException">The file is missing or no usable ONNX model.</exception>
    public static byte[] FreeBatch(string path) => OnnxModelFile.Read(path).FreeBatch;
}
