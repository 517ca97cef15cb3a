using FaceCluster.Training.Data;
using static TorchSharp.torch;

namespace FaceCluster.Training.Fit;

/// <content>Training the rest of a network over what its frozen first layers give, computed once.</content>
public sealed partial class TrainingRun
{
    private FeatureCache? _features;

    /// <summary>False where the computation was interrupted.</summary>
    private bool OpenCache(ITrainingObserver observer, CancellationToken cancellationToken)
    {
        if (_configuration.Start.Cache is not { } options || _features is not null)
        {
            return true;
        }

        try
        {
            _features = FeatureCache.Open(Network, _configuration.Run.Precision.ToString(), (IPictureSource)_source, options, _configuration.Output, ToInput, observer, cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            observer.OnEvent("interrupted before the features of all pictures were computed; nothing is kept of them");
            return false;
        }
    }

    /// <summary>The batch of the next step's part, as features.</summary>
    private (Tensor Input, Tensor Labels) ReadFeatures(int part)
    {
        Span<long> rows = new long[_source.BatchSize];
        Span<long> labels = new long[_source.BatchSize];
        ((IPictureSource)_source).Choose((_step * _configuration.Run.Accumulate) + _skipped + part, _features!.Forms, rows, labels);
        SetLabels(labels);
        return (_features.Read(rows), _labels);
    }

    /// <summary>A batch of pictures as they are from number <paramref name="first"/> on; the last may be smaller.</summary>
    private (Tensor Input, Tensor Labels) ReadPlainFeatures(long first)
    {
        var pictures = ((IPictureSource)_source).PictureLabels;
        var rows = new long[Math.Min(_source.BatchSize, pictures.Length - first)];
        var labels = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            (rows[i], labels[i]) = (first + i, pictures[(int)first + i]);
        }

        return (_features!.Read(rows), tensor(labels));
    }
}
