using System.Text.Json;
using CsCheck;
using FaceCluster.Vision.Geometry;
using Xunit;

namespace FaceCluster.Vision.Tests.Geometry;

public sealed class SimilarityTransformTests
{
    public static TheoryData<string> GoldenCases()
    {
        var data = new TheoryData<string>();
        foreach (var golden in Golden().EnumerateArray().Where(g => g.GetProperty("image_size").GetInt32() == FaceTemplate.ArcFace112.Size))
        {
            data.Add(golden.GetProperty("name").GetString()!);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void TryEstimate_GoldenCase_GivesItsMatrix(string name)
    {
        var golden = Golden().EnumerateArray().Single(g => g.GetProperty("name").GetString() == name);
        var source = Points(golden.GetProperty("src"));
        var found = SimilarityTransform.TryEstimate(source, FaceTemplate.ArcFace112.Points, out var actual);
        Assert.Equal(golden.GetProperty("estimate_returns_ok").GetBoolean(), found);
        if (!found)
        {
            return;
        }

        // Where the points lie on a line two rotations are equally good: there only the distance is defined.
        Assert.Equal(golden.GetProperty("rms_residual").GetDouble(), Residual(actual, source), 1e-4);
        if (!name.Contains("rank 1", StringComparison.Ordinal))
        {
            var rows = golden.GetProperty("matrix_2x3");
            double[] expected = [.. rows.EnumerateArray().SelectMany(row => row.EnumerateArray().Select(value => value.GetDouble()))];
            double[] matrix = [actual.A, -actual.B, actual.Tx, actual.B, actual.A, actual.Ty];
            for (var i = 0; i < matrix.Length; i++)
            {
                Assert.Equal(expected[i], matrix[i], 2e-5 * Math.Max(1, Math.Abs(expected[i])));
            }
        }
    }

    [Fact]
    public void TryEstimate_TransformedTemplate_IsTheTransformBack() =>
        Gen.Select(Gen.Double[-3, 3], Gen.Double[0.1, 10], Gen.Double[-500, 500], Gen.Double[-500, 500]).Sample((angle, scale, tx, ty) =>
        {
            var forward = new SimilarityTransform(scale * Math.Cos(angle), scale * Math.Sin(angle), tx, ty);
            var template = FaceTemplate.ArcFace112.Points;
            Assert.True(SimilarityTransform.TryEstimate(Map(forward, template), template, out var back));
            Assert.Equal(1 / scale, back.Scale, 1e-3 / scale);
            for (var i = 0; i < FivePoints.Count; i++)
            {
                var (x, y) = forward.Apply(template[i].X, template[i].Y);
                var (u, v) = back.Apply(x, y);
                Assert.Equal(template[i].X, u, 0.01);
                Assert.Equal(template[i].Y, v, 0.01);
            }
        });

    [Fact]
    public void Inverse_UndoesApply() =>
        Gen.Double[-5, 5].Array[6].Where(v => Math.Abs(v[0]) + Math.Abs(v[1]) > 0.1).Sample(v =>
        {
            var transform = new SimilarityTransform(v[0], v[1], v[2], v[3]);
            var (x, y) = transform.Apply(v[4], v[5]);
            var (u, w) = transform.Inverse.Apply(x, y);
            Assert.Equal(v[4], u, 1e-9);
            Assert.Equal(v[5], w, 1e-9);
        });

    private static JsonElement Golden() =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "umeyama.json"))).RootElement.GetProperty("cases");

    private static FivePoints Points(JsonElement rows)
    {
        PointF[] points = [.. rows.EnumerateArray().Select(row => new PointF(row[0].GetSingle(), row[1].GetSingle()))];
        return new FivePoints(points[0], points[1], points[2], points[3], points[4]);
    }

    private static FivePoints Map(SimilarityTransform transform, FivePoints points)
    {
        PointF At(int i)
        {
            var (x, y) = transform.Apply(points[i].X, points[i].Y);
            return new PointF((float)x, (float)y);
        }

        return new FivePoints(At(0), At(1), At(2), At(3), At(4));
    }

    private static double Residual(SimilarityTransform transform, FivePoints source)
    {
        double sum = 0;
        for (var i = 0; i < FivePoints.Count; i++)
        {
            var (x, y) = transform.Apply(source[i].X, source[i].Y);
            sum += Math.Pow(x - FaceTemplate.ArcFace112.Points[i].X, 2) + Math.Pow(y - FaceTemplate.ArcFace112.Points[i].Y, 2);
        }

        return Math.Sqrt(sum / FivePoints.Count);
    }
}
