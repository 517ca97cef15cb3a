using FaceCluster.Core;
using FaceCluster.Index.Kernels;

namespace FaceCluster.Index.Scanning;

internal readonly record struct TopOperation(
    IndexView View, ReadOnlyMemory<float>[] Queries, int K, RowFilter? Filter, ScanScheduling Scheduling, CancellationToken Cancellation)
    : IKernelOperation<Task<Neighbour[][]>>
{
    public async Task<Neighbour[][]> Run<TKernel>()
        where TKernel : struct, ITileKernel
    {
        var (view, k, filter) = (View, K, Filter);
        var plan = QueryPlan.Create<TKernel>(Queries, view.Dimension);
        var workers = ScanRunner.Workers(Scheduling, view.Count, plan.Count, view.Dimension);
        var floors = new float[plan.Count];
        Array.Fill(floors, float.NegativeInfinity);
        var sinks = new TopSink[workers];
        for (var worker = 0; worker < workers; worker++)
        {
            sinks[worker] = new TopSink(view, plan, k, filter, floors);
        }

        await ScanRunner.ScanAsync<TKernel, TopSink>(view, plan, sinks, Scheduling, Cancellation);
        var results = new Neighbour[plan.Count][];
        await ScanRunner.ForEachAsync(plan.Count, workers, Finish, Scheduling, Cancellation);
        plan.Return();
        return results;

        void Finish(int query) => results[query] = Finishing.Best(
            view, plan.Unit(query), k, double.NegativeInfinity, [.. sinks.Select(sink => sink.Collector(query))]);
    }
}

internal readonly record struct RangeOperation(
    IndexView View, ReadOnlyMemory<float>[] Queries, double MinSimilarity, RowFilter? Filter, ScanScheduling Scheduling, CancellationToken Cancellation)
    : IKernelOperation<Task<Neighbour[][]>>
{
    public async Task<Neighbour[][]> Run<TKernel>()
        where TKernel : struct, ITileKernel
    {
        var plan = QueryPlan.Create<TKernel>(Queries, View.Dimension);
        var sinks = new RangeSink[ScanRunner.Workers(Scheduling, View.Count, plan.Count, View.Dimension)];
        for (var worker = 0; worker < sinks.Length; worker++)
        {
            sinks[worker] = new RangeSink(View, plan, MinSimilarity, Filter);
        }

        await ScanRunner.ScanAsync<TKernel, RangeSink>(View, plan, sinks, Scheduling, Cancellation);
        plan.Return();
        var results = new Neighbour[plan.Count][];
        for (var query = 0; query < results.Length; query++)
        {
            results[query] = [.. sinks.SelectMany(sink => sink.Found[query]).Order()];
        }

        return results;
    }
}

internal readonly record struct LinkOperation(
    IndexView View, ReadOnlyMemory<float>[] Units, FaceRank[] Ranks, double Threshold, int ListLength, ScanScheduling Scheduling, CancellationToken Cancellation)
    : IKernelOperation<Task<LinkResult[]>>
{
    public async Task<LinkResult[]> Run<TKernel>()
        where TKernel : struct, ITileKernel
    {
        var plan = QueryPlan.Create<TKernel>(Units, View.Dimension);
        var sinks = new LinkSink[ScanRunner.Workers(Scheduling, View.Count, plan.Count, View.Dimension)];
        for (var worker = 0; worker < sinks.Length; worker++)
        {
            sinks[worker] = new LinkSink(View, plan, Ranks, Threshold, ListLength);
        }

        await ScanRunner.ScanAsync<TKernel, LinkSink>(View, plan, sinks, Scheduling, Cancellation);
        var (view, listLength, threshold) = (View, ListLength, Threshold);
        var results = new LinkResult[plan.Count];
        await ScanRunner.ForEachAsync(plan.Count, sinks.Length, Finish, Scheduling, Cancellation);
        plan.Return();
        return results;

        void Finish(int query) => results[query] = new LinkResult(
            Finishing.Best(view, plan.Unit(query), listLength, threshold, [.. sinks.Select(sink => sink.Candidates(query))]),
            [.. sinks.SelectMany(sink => sink.Offers[query]).Order()]);
    }
}
