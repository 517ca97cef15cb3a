namespace FaceCluster.Storage.Records;

internal enum RecordType : byte
{
    Append = 1,
    Links = 2,
    Delete = 3,

    /// <summary>Last record of a snapshot: shows that it is whole.</summary>
    End = 4,
}
