namespace FaceCluster.Vision.Inference;

/// <summary>What executes the models.</summary>
public enum InferenceProvider
{
    /// <summary>ONNX Runtime's own kernels on the processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU; needs a build with <c>-p:Accelerator=cuda</c>.</summary>
    Cuda,
}
