namespace FaceCluster.Bench.Clustering.Peers;

/// <summary>
/// GCN-V's confidence (Yang et al. 2020, learn-to-cluster): hidden = ReLU([X | A X] W + b), then Linear - PReLU - Linear.
/// </summary>
internal sealed class GcnV(double[][] convolution, double[] convolutionBias, double[][] first, double[] firstBias, double[] slopes, double[] second, double secondBias)
{
    /// <summary>One confidence per row.</summary>
    /// <param name="features">Rows of unit features.</param>
    /// <param name="adjacency">Row-normalised adjacency with self-loops.</param>
    public double[] Predict(double[][] features, double[][] adjacency) => [.. Hidden(features, adjacency).Select(Classify)];

    /// <summary>The hidden rows, on which learn-to-cluster builds its second graph.</summary>
    public double[][] Hidden(double[][] features, double[][] adjacency)
    {
        var hidden = new double[features.Length][];
        for (var i = 0; i < features.Length; i++)
        {
            var mean = new double[features[i].Length];
            for (var j = 0; j < features.Length; j++)
            {
                for (var d = 0; adjacency[i][j] != 0 && d < mean.Length; d++)
                {
                    mean[d] += adjacency[i][j] * features[j][d];
                }
            }

            double[] input = [.. features[i], .. mean];
            hidden[i] = new double[convolutionBias.Length];
            for (var h = 0; h < hidden[i].Length; h++)
            {
                var sum = convolutionBias[h];
                for (var d = 0; d < input.Length; d++)
                {
                    sum += input[d] * convolution[d][h];
                }

                hidden[i][h] = Math.Max(0, sum);
            }
        }

        return hidden;
    }

    private double Classify(double[] hidden)
    {
        var result = secondBias;
        for (var o = 0; o < firstBias.Length; o++)
        {
            var sum = firstBias[o];
            for (var h = 0; h < hidden.Length; h++)
            {
                sum += hidden[h] * first[o][h];
            }

            result += second[o] * (sum >= 0 ? sum : slopes[o] * sum);
        }

        return result;
    }
}
