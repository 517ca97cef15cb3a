using System.Text.Json;
using FaceCluster.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace FaceCluster.Training.Tests.Infrastructure;

/// <summary>Reads the reference vectors and compares tensors with them.</summary>
internal static class Golden
{
    /// <summary>Opens a file of reference vectors, or skips the test where the machine has none.</summary>
    public static JsonElement Open(string name)
    {
        var path = SharedData.Path("golden", name);
        Assert.SkipWhen(path is null, SharedData.SkipReason);
        return JsonDocument.Parse(File.ReadAllText(path!)).RootElement;
    }

    /// <summary>The case of this name.</summary>
    public static JsonElement Case(JsonElement file, string name) =>
        file.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);

    public static double Number(this JsonElement element) => element.ValueKind == JsonValueKind.String
        ? element.GetString() switch { "NaN" => double.NaN, "Infinity" => double.PositiveInfinity, "-Infinity" => double.NegativeInfinity, var text => double.Parse(text!) }
        : element.GetDouble();

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).Number();

    /// <summary>The numbers of nested arrays, row by row.</summary>
    public static IEnumerable<double> Numbers(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Numbers) : [element.Number()];

    /// <summary>A tensor of the shape of the nested arrays.</summary>
    public static Tensor Tensor(this JsonElement element, ScalarType type = ScalarType.Float64)
    {
        var shape = new List<long>();
        for (var level = element; level.ValueKind == JsonValueKind.Array; level = level[0])
        {
            shape.Add(level.GetArrayLength());
        }

        return torch.tensor(element.Numbers().ToArray(), ScalarType.Float64).reshape([.. shape]).to_type(type);
    }

    public static Tensor Labels(this JsonElement element) => torch.tensor(element.EnumerateArray().Select(label => label.GetInt64()).ToArray());

    /// <summary>Values as doubles.</summary>
    public static double[] Values(this Tensor tensor) => tensor.detach().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();

    /// <summary>Asserts that every entry is within the tolerance relative to the largest finite reference entry; entries without a finite reference are only finite.</summary>
    public static void Near(JsonElement expected, Tensor actual, double tolerance, string what, double floor = 1e-12)
    {
        var wanted = expected.Numbers().ToArray();
        var found = actual.Values();
        Assert.Equal(wanted.Length, found.Length);
        var largest = wanted.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (var i = 0; i < wanted.Length; i++)
        {
            Assert.True(double.IsFinite(found[i]), $"{what}[{i}] is {found[i]}");
            if (double.IsFinite(wanted[i]))
            {
                Assert.True(Math.Abs(wanted[i] - found[i]) <= tolerance * Math.Max(largest, floor), $"{what}[{i}]: expected {wanted[i]}, found {found[i]} (largest {largest})");
            }
        }
    }

    /// <summary>As <see cref="Near(JsonElement, Tensor, double, string, double)"/> for the rows that the predicate accepts.</summary>
    public static void NearRows(JsonElement expected, Tensor actual, double tolerance, string what, Func<int, bool> row)
    {
        var rows = expected.EnumerateArray().ToArray();
        var largest = expected.Numbers().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (var i = 0; i < rows.Length; i++)
        {
            if (row(i))
            {
                using var line = actual[i];
                Near(rows[i], line, tolerance, $"{what} row {i}", largest);
            }
            else
            {
                Assert.All(actual[i].Values(), value => Assert.True(double.IsFinite(value), $"{what} row {i} is not finite"));
            }
        }
    }

    public static void Near(double expected, double actual, double tolerance, string what) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{what}: expected {expected}, found {actual}");
}
