using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <summary>
/// The edges of all groups in one block of memory. A group's edges lie in the segments of its faces, in no particular
/// order; nothing that is read from them may depend on the order.
/// </summary>
/// <remarks>A join never has more edges than its parts, so the segments of the parts always suffice.</remarks>
internal sealed class EdgeTable
{
    private readonly GroupEdge[] _edges;
    private readonly int[] _start;
    private readonly int[] _count;
    private readonly int[] _next;
    private readonly int[] _last;
    private readonly ConcurrentBag<Scratch> _scratch = [];

    /// <param name="edges">All edges.</param>
    /// <param name="start">Where the segment of each row starts, and one more entry for the end.</param>
    public EdgeTable(GroupEdge[] edges, int[] start)
    {
        _edges = edges;
        _start = start;
        var rows = start.Length - 1;
        _count = new int[rows];
        _next = new int[rows];
        _last = new int[rows];
        for (var i = 0; i < rows; i++)
        {
            _count[i] = start[i + 1] - start[i];
            _next[i] = -1;
            _last[i] = i;
        }
    }

    /// <summary>The segment after this one in the same group, or -1; starts at the group itself.</summary>
    public int Next(int segment) => _next[segment];

    /// <summary>The edges of one segment.</summary>
    public Span<GroupEdge> Segment(int segment) => _edges.AsSpan(_start[segment], _count[segment]);

    /// <summary>The edge of a group that leads to another one; a null reference where there is none.</summary>
    public ref GroupEdge Find(int group, int other)
    {
        for (var segment = group; segment >= 0; segment = _next[segment])
        {
            foreach (ref var edge in Segment(segment))
            {
                if (edge.Other == other)
                {
                    return ref edge;
                }
            }
        }

        return ref Unsafe.NullRef<GroupEdge>();
    }

    /// <summary>Hands the segments of a group over to another one; <see cref="Rebuild"/> puts its edges in order.</summary>
    public void Append(int into, int from)
    {
        _next[_last[into]] = from;
        _last[into] = _last[from];
    }

    /// <summary>
    /// Renames the edges of a group after a round of joins, merges those that now lead to the same group and drops those
    /// that lead to itself. Products of a group that was not joined are left for the other side to set.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="round">What the round did.</param>
    public void Rebuild(int group, RoundOfJoins round)
    {
        if (round.Absorbed(group) < 0)
        {
            RebuildAlone(group, round);
            return;
        }

        if (!_scratch.TryTake(out var scratch))
        {
            scratch = new Scratch(_count.Length);
        }

        Gather(group, round, scratch);
        var edges = CollectionsMarshal.AsSpan(scratch.Edges);
        for (var e = 0; e < edges.Length; e++)
        {
            ref var edge = ref edges[e];
            scratch.Position[edge.Other] = 0;
            var bound = round.BoundOfMissing(group, edge.Other, scratch.Parts[e]);
            if (bound > 0)
            {
                edge.Set(edge.Dot + bound, exact: false);
            }
        }

        Write(group, edges);
        scratch.Edges.Clear();
        scratch.Parts.Clear();
        _scratch.Add(scratch);
    }

    /// <summary>The edges of both parts of a joined group by their present other end, and which pairs of parts had one.</summary>
    private void Gather(int group, RoundOfJoins round, Scratch scratch)
    {
        var from = round.Absorbed(group);
        var side = RoundOfJoins.Stayed;
        for (var segment = group; segment >= 0; segment = _next[segment])
        {
            side = segment == from ? RoundOfJoins.Came : side;
            foreach (ref readonly var edge in Segment(segment))
            {
                var other = round.Now(edge.Other);
                if (other == group)
                {
                    continue;
                }

                var part = RoundOfJoins.Part(side, other == edge.Other ? RoundOfJoins.Stayed : RoundOfJoins.Came);
                var at = scratch.Position[other] - 1;
                if (at < 0)
                {
                    scratch.Edges.Add(edge with { Other = other });
                    scratch.Parts.Add(part);
                    scratch.Position[other] = scratch.Edges.Count;
                }
                else
                {
                    CollectionsMarshal.AsSpan(scratch.Edges)[at].Add(edge);
                    scratch.Parts[at] |= part;
                }
            }
        }
    }

    /// <summary>A group that was not joined has few edges that change; they change where they lie.</summary>
    private void RebuildAlone(int group, RoundOfJoins round)
    {
        for (var segment = group; segment >= 0; segment = _next[segment])
        {
            for (var e = 0; e < _count[segment]; e++)
            {
                ref var edge = ref _edges[_start[segment] + e];
                var other = round.Now(edge.Other);
                if (other == edge.Other)
                {
                    continue;
                }

                ref var known = ref Find(group, other);
                if (Unsafe.IsNullRef(ref known))
                {
                    edge.Other = other;
                }
                else
                {
                    known.Add(edge);
                    edge = _edges[_start[segment] + --_count[segment]];
                    e--;
                }
            }
        }
    }

    private void Write(int group, ReadOnlySpan<GroupEdge> edges)
    {
        var segment = group;
        while (true)
        {
            var length = Math.Min(edges.Length, _start[segment + 1] - _start[segment]);
            _count[segment] = length;
            edges[..length].CopyTo(_edges.AsSpan(_start[segment]));
            edges = edges[length..];
            if (edges.IsEmpty)
            {
                break;
            }

            segment = _next[segment];
        }

        // The segments that are left over are never needed again: the number of edges only falls.
        _next[segment] = -1;
        _last[group] = segment;
    }

    /// <summary>What one thread needs to rebuild a group: the edges so far, and where each other group is among them (from 1).</summary>
    private sealed class Scratch(int rows)
    {
        public List<GroupEdge> Edges { get; } = [];

        public List<int> Parts { get; } = [];

        public int[] Position { get; } = new int[rows];
    }
}
