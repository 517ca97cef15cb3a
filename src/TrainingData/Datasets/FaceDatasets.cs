using FaceCluster.TrainingData.RecordIo;

namespace FaceCluster.TrainingData.Datasets;

/// <summary>Opens a training set by what it is named: every form that is known.</summary>
public static class FaceDatasets
{
    /// <summary>
    /// A folder with <c>train.rec</c>, a record file, a folder of pictures (see <see cref="PictureLists.FromFolder"/>), a
    /// <c>.csv</c>, or any other file as a list of paths and labels.
    /// </summary>
    /// <exception cref="TrainingDataException">There is nothing by that name, or it cannot be used.</exception>
    public static FaceDataset Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return IsRecordFile(path) ? RecordDataset.Open(path) : OpenPictures(path);
    }

    /// <summary>Whether the name is that of a record file or of a folder with one.</summary>
    public static bool IsRecordFile(string path) =>
        path.EndsWith(".rec", StringComparison.OrdinalIgnoreCase) || File.Exists(Path.Combine(path, "train.rec"));

    /// <summary>The same without record files.</summary>
    /// <exception cref="TrainingDataException">There is nothing by that name, or it cannot be used.</exception>
    public static PictureListDataset OpenPictures(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
        {
            return PictureLists.FromFolder(path);
        }

        if (!File.Exists(path))
        {
            throw new TrainingDataException($"There is no file or folder {path}.");
        }

        return path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? PictureLists.FromCsv(path) : PictureLists.FromList(path);
    }
}
