using FaceCluster.Vision.Inference;

namespace FaceCluster.Vision;

/// <summary>What the engine runs on, for health and diagnostics.</summary>
/// <param name="ModelId">The embedding model.</param>
/// <param name="Provider">The provider really in use; the processor as soon as one model runs there.</param>
/// <param name="FallbackReason">Why that is not the provider asked for, or null.</param>
/// <param name="PicturesInFlight">Pictures in the engine.</param>
/// <param name="Models">The loaded models.</param>
public sealed record VisionStatus(
    string ModelId, InferenceProvider Provider, string? FallbackReason, int PicturesInFlight, IReadOnlyList<LoadedModel> Models);

/// <summary>One loaded model.</summary>
/// <param name="Name">Its role.</param>
/// <param name="Sha256">SHA-256 of its file.</param>
/// <param name="Provider">What it really runs on.</param>
/// <param name="MaxBatch">Pictures per run at most.</param>
/// <param name="BatchDifference">Largest relative difference between batched and single outputs in the start-up check.</param>
/// <param name="QueueLength">Pictures that wait for it.</param>
public sealed record LoadedModel(
    string Name, string Sha256, InferenceProvider Provider, int MaxBatch, double BatchDifference, int QueueLength);
