using FaceCluster.Vision.Models;
using Microsoft.ML.OnnxRuntime;

namespace FaceCluster.Vision.Inference;

/// <summary>Opens ONNX Runtime sessions on the provider asked for, or says why it is not there.</summary>
internal static class SessionFactory
{
    private const string CudaName = "CUDAExecutionProvider";

    /// <summary>Opens a session.</summary>
    /// <returns>The session and the provider it really runs on.</returns>
    /// <exception cref="ModelException">The provider is missing and no fallback is allowed, or the model is not valid.</exception>
    public static (InferenceSession Session, InferenceProvider Provider, string? FallbackReason) Open(byte[] model, string name, RuntimeOptions options)
    {
        if (options.Provider == InferenceProvider.Cpu)
        {
            return (OpenOn(InferenceProvider.Cpu, model, name, options), InferenceProvider.Cpu, null);
        }

        var reason = WhyNoCuda(options, out var session, model, name);
        if (reason is null)
        {
            return (session!, InferenceProvider.Cuda, null);
        }

        if (!options.AllowCpuFallback)
        {
            throw new ModelException($"The CUDA provider was asked for but cannot be used: {reason} Choose the CPU provider or allow the fallback to it.");
        }

        return (OpenOn(InferenceProvider.Cpu, model, name, options), InferenceProvider.Cpu, reason);
    }

    private static string? WhyNoCuda(RuntimeOptions options, out InferenceSession? session, byte[] model, string name)
    {
        session = null;
        if (!OrtEnv.Instance().GetAvailableProviders().Contains(CudaName))
        {
            return "this build carries the CPU runtime; build with -p:Accelerator=cuda.";
        }

        try
        {
            session = OpenOn(InferenceProvider.Cuda, model, name, options);
            return null;
        }
        catch (OnnxRuntimeException error)
        {
            // Names the library or the device that is missing.
            return FirstSentence(error.Message);
        }
    }

    private static InferenceSession OpenOn(InferenceProvider provider, byte[] model, string name, RuntimeOptions options)
    {
        using var session = new SessionOptions
        {
            LogId = name,
            // Errors come back as exceptions; the runtime would write them to the console as well.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            IntraOpNumThreads = options.IntraOpThreads == 0 ? Environment.ProcessorCount : options.IntraOpThreads,
        };

        // Spinning threads would take the cores that searches and decoding need between two runs.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (provider == InferenceProvider.Cuda)
        {
            AppendCuda(session, options.DeviceId);
        }

        try
        {
            return new InferenceSession(model, session);
        }
        catch (OnnxRuntimeException error) when (provider == InferenceProvider.Cpu)
        {
            throw new ModelException($"The model {name} cannot be loaded: {FirstSentence(error.Message)}", error);
        }
    }

    private static void AppendCuda(SessionOptions session, int device)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["device_id"] = device.ToString(System.Globalization.CultureInfo.InvariantCulture),

            // Ten-bit mantissas would move similarities by 1e-3.
            ["use_tf32"] = "0",
        });
        session.AppendExecutionProvider_CUDA(cuda);
    }

    internal static string FirstSentence(string message)
    {
        var line = message.ReplaceLineEndings("\n").Split('\n')[0].Trim();
        return line.EndsWith('.') ? line : line + ".";
    }
}
