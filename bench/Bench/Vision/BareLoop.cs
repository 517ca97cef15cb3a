using FaceCluster.Vision.Models;
using Microsoft.ML.OnnxRuntime;

namespace FaceCluster.Bench.Vision;

/// <summary>The peer: a session, a ready tensor, and nothing around them.</summary>
internal sealed class BareLoop : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue _input;
    private readonly string[] _inputNames;

    private BareLoop(InferenceSession session, OrtValue input)
    {
        _session = session;
        _input = input;
        _inputNames = [session.InputNames[0]];
    }

    /// <summary>Opens a model with the threads the engine uses by default.</summary>
    /// <param name="file">The model's file name.</param>
    /// <param name="batch">Pictures of one run.</param>
    /// <param name="pictures">Values of pictures, repeated to fill the batch; null for zeros.</param>
    /// <param name="untouched">Whether to run the file's bytes instead of the form the engine runs.</param>
    public static BareLoop Open(string file, int batch, IReadOnlyList<float[]>? pictures, bool untouched = false)
    {
        using var options = new SessionOptions { IntraOpNumThreads = Environment.ProcessorCount };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        var path = Path.Combine(BenchPictures.Models, file);
        var session = new InferenceSession(untouched ? File.ReadAllBytes(path) : ModelForms.FreeBatch(path), options);
        long[] shape = [batch, .. session.InputMetadata[session.InputNames[0]].Dimensions.Skip(1).Select(size => (long)size)];
        var length = (int)(shape[1] * shape[2] * shape[3]);
        var values = new float[batch * length];
        for (var i = 0; i < batch && pictures is not null; i++)
        {
            pictures[i % pictures.Count].CopyTo(values, i * length);
        }

        return new BareLoop(session, OrtValue.CreateTensorValueFromMemory(values, shape));
    }

    /// <summary>Runs the batch once.</summary>
    public void Run() => _session.Run(_options, _inputNames, [_input], _session.OutputNames).Dispose();

    public void Dispose()
    {
        _input.Dispose();
        _session.Dispose();
        _options.Dispose();
    }
}
