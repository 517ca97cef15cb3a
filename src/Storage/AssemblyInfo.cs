using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("FaceCluster.Storage.Tests")]
[assembly: InternalsVisibleTo("FaceCluster.Storage.Postgres")]
