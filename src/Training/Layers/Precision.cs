namespace FaceCluster.Training.Layers;

/// <summary>In which numbers convolutions compute. Weights, batch norms, the last layers and the loss are always single precision.</summary>
public enum Precision
{
    /// <summary>Single precision throughout.</summary>
    Float32,

    /// <summary>Convolutions on bfloat16 copies of their input and weight; gradients reach the single-precision weights.</summary>
    BFloat16,
}
