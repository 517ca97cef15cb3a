namespace FaceCluster.Clustering;

/// <summary>
/// Level two over a set of faces: the clusters that the batch tool reports. A deterministic function of the set of
/// faces, the constraints and the settings.
/// </summary>
public static class GroupClustering
{
    /// <summary>Clusters the faces.</summary>
    /// <param name="faces">The faces; their order does not matter.</param>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <param name="constraints">What people have said, or null. Pairs with a face that is not in the set are left out.</param>
    /// <param name="calibration">What is known of the model, or null to choose by <see cref="EmbeddingCalibration.For"/>.</param>
    /// <param name="knn">How neighbours are found, or null for all pairs.</param>
    /// <param name="progress">Told the share of the work done, in [0, 1], from any thread.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ContradictoryConstraintsException">The constraints cannot all hold.</exception>
    public static GroupResult Run(
        FaceSet faces,
        GroupOptions? options = null,
        ConstraintSet? constraints = null,
        EmbeddingCalibration? calibration = null,
        IKnnBuilder? knn = null,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(faces);
        options ??= GroupOptions.Default;
        options.Validate();
        constraints ??= ConstraintSet.Empty;
        constraints.ThrowIfContradictory();
        calibration ??= EmbeddingCalibration.For(faces);

        var order = BatchForest.ByRank(faces);
        var centred = new float[faces.Count * faces.Dimension];
        var cosines = new double[faces.Count];
        Parallel.For(0, order.Length, i =>
        {
            var magnitude = faces.Magnitudes[order[i]];
            calibration.Centre(faces.Unit(order[i]), magnitude, centred.AsSpan(i * faces.Dimension, faces.Dimension));
            cosines[i] = calibration.ExpectedCosine(magnitude);
        });

        knn ??= new BruteForceKnnBuilder();
        Action<double>? first = progress is null ? null : share => progress(share * 0.9);
        var graph = knn is GivenNeighbours given
            ? given.Build(order, centred, faces.Dimension, options.Neighbours)
            : knn.Build(centred, faces.Count, faces.Dimension, options.Neighbours, first, cancellation);
        var places = RowPlaces.Near(graph);
        var codes = Encode(centred, faces.Dimension, cosines, places);

        // The closure above holds it; from here on the codes are enough.
        centred = null;
        return Run(faces, order, codes, places, cosines, graph, options, constraints, progress, cancellation);
    }

    /// <summary>The coded rows by place.</summary>
    internal static short[] Encode(float[] centred, int dimension, double[] cosines, RowPlaces places)
    {
        var codes = GC.AllocateUninitializedArray<short>(centred.Length);
        WorkRanges.Run(cosines.Length, (from, to) =>
        {
            for (var place = from; place < to; place++)
            {
                var row = places.RowAt(place);
                GroupVectors.Encode(centred.AsSpan(row * dimension, dimension), cosines[row], codes.AsSpan(place * dimension, dimension));
            }
        });
        return codes;
    }

    /// <summary>
    /// The part after the neighbour graph, for measurements and for callers that keep a graph. <paramref name="finished"/> is
    /// told the name of each phase at its end.
    /// </summary>
    internal static GroupResult Run(
        FaceSet faces,
        int[] order,
        short[] codes,
        RowPlaces places,
        double[] cosines,
        KnnGraph graph,
        GroupOptions options,
        ConstraintSet constraints,
        Action<double>? progress,
        CancellationToken cancellation,
        Action<string>? finished = null)
    {
        var merger = new GroupMerger(codes, faces.Dimension, places, cosines, graph, options, finished);
        if (!constraints.IsEmpty)
        {
            Apply(constraints, faces, order, places, merger);
        }

        merger.Run(progress is null ? null : share => progress(0.9 + (share * 0.1)), cancellation);
        finished?.Invoke("joins");
        var (centres, standings) = MarkFinder.Find(merger, order, graph, options);
        var result = new GroupResult(faces, order, centres, standings, merger.Joins, options, constraints);
        finished?.Invoke("marks");
        return result;
    }

    private static void Apply(ConstraintSet constraints, FaceSet faces, int[] order, RowPlaces places, GroupMerger merger)
    {
        var positions = new Dictionary<Core.FaceId, int>(faces.Count);
        for (var i = 0; i < order.Length; i++)
        {
            positions.Add(faces.Id(order[i]), i);
        }

        // In the order of the rows, so that the joins are listed in the same order whatever the order of the constraints.
        foreach (var (left, right) in Pairs(constraints.MustLinks))
        {
            merger.MustLink(places.PlaceOf(left), places.PlaceOf(right));
        }

        foreach (var (left, right) in Pairs(constraints.CannotLinks))
        {
            merger.Veto(places.PlaceOf(left), places.PlaceOf(right));
        }

        foreach (var (left, right) in Pairs(constraints.SameFrame))
        {
            merger.KeepApart(places.PlaceOf(left), places.PlaceOf(right));
        }

        List<(int Left, int Right)> Pairs(IReadOnlySet<FacePair> pairs)
        {
            var rows = new List<(int Left, int Right)>();
            foreach (var pair in pairs)
            {
                if (positions.TryGetValue(pair.Left, out var left) && positions.TryGetValue(pair.Right, out var right))
                {
                    rows.Add((Math.Min(left, right), Math.Max(left, right)));
                }
            }

            rows.Sort();
            return rows;
        }
    }
}
