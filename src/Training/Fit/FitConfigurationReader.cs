using System.Text.Json;
using System.Text.Json.Serialization;
using FaceCluster.Training.Data;

namespace FaceCluster.Training.Fit;

/// <summary>Reads configurations and checks them, alone and against the data, before anything is trained.</summary>
public static class FitConfigurationReader
{
    /// <summary>How configurations are read: camel-case names, comments and trailing commas allowed, unknown names refused.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowOutOfOrderMetadataProperties = true,
        NumberHandling = JsonNumberHandling.Strict,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="FitException">The file is missing, is not JSON, or has an unknown name, a wrong type or a value out of range.</exception>
    public static FitConfiguration Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FitException($"The configuration '{path}' cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="FitException">As <see cref="Read"/>.</exception>
    public static FitConfiguration Parse(string text, string name)
    {
        FitConfiguration configuration;
        try
        {
            configuration = JsonSerializer.Deserialize<FitConfiguration>(text, Json) ?? throw new FitException($"'{name}' is empty.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new FitException($"'{name}' is not a configuration of fit: {exception.Message}", exception);
        }

        Check(configuration);
        return configuration;
    }

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FitException">A value is out of range; the message names it and the range.</exception>
    public static void Check(FitConfiguration configuration)
    {
        Require(configuration.Output.Length > 0, "output must name a folder.");
        Require(configuration.Start.Checkpoint is null || configuration.Start.Onnx is null, "start: checkpoint and onnx exclude each other.");
        Require(configuration.Model.Backbone == "onnx" == configuration.Start.Onnx is not null, "model.backbone must be \"onnx\" exactly where start.onnx names a model.");
        Within("start.freezeShare", configuration.Start.FreezeShare, 0, 0.999);
        Require(configuration.Start.Cache is null || configuration.Start.FreezeShare > 0 || configuration.Start.Freeze.Count > 0, "start.cache keeps what frozen layers give: start.freezeShare or start.freeze must freeze some.");
        Within("start.cache.variants", configuration.Start.Cache?.Variants ?? 0, 0, 64);
        Within("regularisers.regularFace", configuration.Regularisers.RegularFace, 0, 1e6);
        Within("regularisers.regularFaceChunk", configuration.Regularisers.RegularFaceChunk, 1, 1 << 20);
        Within("regularisers.center", configuration.Regularisers.Center, 0, 1e6);
        Within("regularisers.centerRate", configuration.Regularisers.CenterRate, 0, 10);
        Within("optimiser.rate", configuration.Optimiser.Rate, 1e-12, 100);
        Within("optimiser.headRateFactor", configuration.Optimiser.HeadRateFactor, 0, 1e6);
        Within("optimiser.momentum", configuration.Optimiser.Momentum, 0, 0.9999);
        Require(!configuration.Optimiser.Nesterov || configuration.Optimiser.Momentum > 0, "optimiser.nesterov needs a momentum above 0.");
        Within("optimiser.weightDecay", configuration.Optimiser.WeightDecay, 0, 1);
        Within("optimiser.clipNorm", configuration.Optimiser.ClipNorm, 0, 1e9);
        Within("schedule.warmUpSteps", configuration.Schedule.WarmUpSteps, 0, 1e12);
        Within("schedule.warmUpEpochs", configuration.Schedule.WarmUpEpochs, 0, 1e6);
        Within("schedule.power", configuration.Schedule.Power, 0, 100);
        Within("schedule.factor", configuration.Schedule.Factor, 0, 1);
        Within("schedule.least", configuration.Schedule.Least, 0, 1);
        Require(configuration.Schedule.Milestones.SequenceEqual(configuration.Schedule.Milestones.Order()), "schedule.milestones must ascend.");
        Within("run.epochs", configuration.Run.Epochs, 0, 1e6);
        Within("run.steps", configuration.Run.Steps, 0, 1e12);
        Require(configuration.Run.Epochs > 0 || configuration.Run.Steps > 0, "run.epochs or run.steps must be above 0.");
        Within("run.batchSize", configuration.Run.BatchSize, 2, 65536);
        Within("run.accumulate", configuration.Run.Accumulate, 1, 4096);
        Within("run.average", configuration.Run.Average, 0, 0.999999);
        Within("run.saveEvery", configuration.Run.SaveEvery, 1, 1e12);
        Within("run.logEvery", configuration.Run.LogEvery, 1, 1e12);
        Within("run.maxIncidents", configuration.Run.MaxIncidents, 1, 1e6);
        Within("run.threads", configuration.Run.Threads, 0, 1024);
    }

    /// <summary>Checks a configuration against the data it will train on.</summary>
    /// <exception cref="FitException">They do not fit; the message says how.</exception>
    public static void Check(FitConfiguration configuration, IBatchSource source)
    {
        Require(source.ClassCount >= 2, $"data has {source.ClassCount} identity; a classifier needs at least 2.");
        Require(source.SampleCount >= configuration.Run.BatchSize, $"data has {source.SampleCount} pictures, fewer than run.batchSize {configuration.Run.BatchSize}.");
        Require(source.BatchSize == configuration.Run.BatchSize, $"data gives batches of {source.BatchSize}, run.batchSize is {configuration.Run.BatchSize}.");
        Require(configuration.Start.Cache is null || source is IPictureSource, "start.cache needs data whose pictures can be numbered.");
        Require(source.ImageSize >= 16, $"data has pictures of {source.ImageSize} pixels; at least 16 are needed.");
        Require(configuration.Head is not SoftmaxOptions || configuration.Regularisers.RegularFace == 0 || source.ClassCount > 2, "regularisers.regularFace needs more than two identities.");
    }

    private static void Within(string field, double value, double low, double high) =>
        Require(value >= low && value <= high, $"{field} must be {low} to {high}, not {value}.");

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new FitException(message);
        }
    }
}
