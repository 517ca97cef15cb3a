using FaceCluster.Core;

namespace FaceCluster.Storage.Log;

/// <summary>Where the embedding of each live face stands.</summary>
internal sealed class FaceLocations
{
    private readonly Lock _lock = new();
    private Dictionary<FaceId, Location> _locations = [];
    private long _dead;
    private bool _closed;

    /// <summary>Live faces, and deleted ones whose embedding is still in a file.</summary>
    public (long Live, long Dead) Count()
    {
        lock (_lock)
        {
            return (_locations.Count, _dead);
        }
    }

    /// <param name="faces">Faces in the order of their rows.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">Offset of the first row.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    public void Add(ReadOnlySpan<FaceId> faces, ShardFile file, long offset, int rowBytes)
    {
        lock (_lock)
        {
            for (var i = 0; i < faces.Length; i++)
            {
                _locations[faces[i]] = new Location(file, offset + ((long)i * rowBytes));
            }
        }
    }

    public void Remove(ReadOnlySpan<FaceId> faces)
    {
        lock (_lock)
        {
            foreach (var face in faces)
            {
                _dead += _locations.Remove(face) ? 1 : 0;
            }
        }
    }

    /// <summary>Finds faces and holds their files until <see cref="Location.File"/> is released by the caller.</summary>
    public Location?[] Acquire(ReadOnlySpan<FaceId> faces)
    {
        var found = new Location?[faces.Length];
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IShardStore));
            for (var i = 0; i < faces.Length; i++)
            {
                if (_locations.TryGetValue(faces[i], out var location))
                {
                    location.File.Acquire();
                    found[i] = location;
                }
            }
        }

        return found;
    }

    /// <summary>Faces that moved to <paramref name="moved"/> are read there from now on; a face deleted since stays deleted.</summary>
    public void Move(FaceLocations moved)
    {
        lock (_lock)
        {
            var known = 0L;
            foreach (var (face, location) in moved._locations)
            {
                if (_locations.ContainsKey(face))
                {
                    _locations[face] = location;
                    known++;
                }
            }

            // What the new file has and nobody knows any more was deleted while it was written.
            _dead = moved._locations.Count - known;
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _locations = [];
        }
    }

    internal readonly record struct Location(ShardFile File, long Offset);
}
