using FaceCluster.Vision.Imaging;

namespace FaceCluster.Testing.Pictures;

/// <summary>Drawn pictures in a temporary folder: colour and stripes tell the person, their phase the picture.</summary>
public sealed class SyntheticFaces : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("facecluster-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes <paramref name="faces"/> pictures of each person as Name_0001.png or Name/0001.png.</summary>
    public SyntheticFaces Add(string person, int faces, bool folders = false, int size = 112)
    {
        for (var i = 1; i <= faces; i++)
        {
            var path = folders ? System.IO.Path.Combine(Path, person, $"{i:D4}.png") : File($"{person}_{i:D4}.png");
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            System.IO.File.WriteAllBytes(path, Png(person, i, size));
        }

        return this;
    }

    public static byte[] Png(string person, int number, int size = 112)
    {
        using var picture = Draw(person, number, size);
        return ImageEncoder.Png(picture);
    }

    public static byte[] Jpeg(string person, int number, int size = 112)
    {
        using var picture = Draw(person, number, size);
        return ImageEncoder.Jpeg(picture, 95);
    }

    public static PixelBuffer Draw(string person, int number, int size = 112)
    {
        var hash = person.Aggregate(17u, (sum, letter) => (sum * 31) + letter);
        var picture = PixelBuffer.Rent(size, size);
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var wave = 0.5 + (0.5 * Math.Sin((((hash % 7) + 3) * x / 20.0) + (((hash / 7 % 5) + 1) * y / 20.0) + number));
                picture.Pixels[(y * size) + x] = 0xFF000000u | ((hash % 200) << 16) | ((hash / 200 % 200) << 8) | (uint)(40 + (200 * wave));
            }
        }

        return picture;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
