using TorchSharp.Modules;
using static TorchSharp.torch;

namespace FaceCluster.Training.Layers;

/// <summary>
/// Reads the tensors of a module where it registered them. A field would keep the first tensor: moving a module to a device or
/// number type replaces what is registered.
/// </summary>
internal static class ModuleState
{
    public static Parameter Parameter(this nn.Module module, string name) =>
        module.get_parameter(name) ?? throw new InvalidOperationException($"The module has no parameter '{name}'.");

    public static Tensor Buffer(this nn.Module module, string name) =>
        module.get_buffer(name) ?? throw new InvalidOperationException($"The module has no buffer '{name}'.");
}
