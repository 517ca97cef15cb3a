using Microsoft.ML.OnnxRuntime;

namespace FaceCluster.Training.Onnx;

/// <summary>Runs a model of one input and one output in ONNX Runtime.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();

    /// <exception cref="OnnxException">The runtime does not take the model.</exception>
    public OnnxSession(byte[] model)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        try
        {
            _session = new InferenceSession(model, options);
        }
        catch (OnnxRuntimeException error)
        {
            _options.Dispose();
            throw new OnnxException($"ONNX Runtime does not load the model: {error.Message}", error);
        }
    }

    public float[] Run(float[] pictures, int batch, int side)
    {
        using var input = OrtValue.CreateTensorValueFromMemory(pictures, [batch, 3, side, side]);
        using var results = _session.Run(_options, [_session.InputNames[0]], [input], [_session.OutputNames[0]]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }
}
