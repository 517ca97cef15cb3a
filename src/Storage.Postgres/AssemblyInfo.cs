using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("FaceCluster.Storage.Tests")]
