using FaceCluster.Vision.Inference;
using Microsoft.Extensions.Logging;

namespace FaceCluster.Vision;

public sealed partial class VisionEngine
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Embedding model {ModelId} runs on {Provider}; batches differ from single runs by at most {Difference:0.0e+0}.")]
        public static partial void Started(ILogger logger, string modelId, InferenceProvider provider, double difference);

        [LoggerMessage(2, LogLevel.Warning, "Model {Model} runs on the processor although {Requested} was asked for: {Reason}")]
        public static partial void FellBack(ILogger logger, string model, InferenceProvider requested, string reason);

        [LoggerMessage(3, LogLevel.Warning, "Model {Model} cannot run batches and runs one picture at a time.")]
        public static partial void FixedBatch(ILogger logger, string model);
    }
}
