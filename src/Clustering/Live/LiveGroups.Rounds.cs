using System.Buffers;
using System.Runtime.InteropServices;

namespace FaceCluster.Clustering;

/// <content>The rounds of a region, with the clusters around it replayed.</content>
public sealed partial class LiveGroups
{
    /// <summary>
    /// Computes the clusters of a region from single faces, as the rounds of a batch run would. Faces outside that share an
    /// edge with the region take part as their records say. Rows are faces in rank order.
    /// </summary>
    /// <remarks>
    /// Why this equals the batch run: let all groups outside the region be as recorded up to some round (in the first they
    /// are single faces). A group without an edge into the region sees what it saw when its record was made, so it chooses
    /// as recorded. A group with such an edge is checked: its best choice within the region must be the recorded one, or lose
    /// against a recorded one outside. Groups of the region see all their neighbours. So the joins of the round are those of
    /// the batch run, and so on for the next round. Where a check fails, the cluster becomes part of the region.
    /// </remarks>
    private sealed class LocalRounds : IDisposable
    {
        private readonly LiveGroups _owner;
        private readonly HashSet<LiveCluster> _region;
        private readonly HashSet<LiveCluster> _around = [];
        private readonly int[] _slots;

        // One more than the row of a slot, 0 for slots that take no part. All zero between two regions.
        private readonly int[] _rows;
        private readonly GroupEdge[] _edges;
        private readonly bool[] _inside;
        private readonly GroupTable _table;
        private readonly List<RecordedJoin> _joins = [];
        private readonly List<RecordedChoice> _choices = [];
        private readonly int[] _partner;
        private readonly float[] _partnerScore;
        private readonly HashSet<LiveCluster> _affected = [];

        public LocalRounds(LiveGroups owner, HashSet<LiveCluster> region)
        {
            _owner = owner;
            _region = region;
            var edges = owner._edges;
            edges.Clear();
            foreach (var slot in region.SelectMany(cluster => cluster.Members))
            {
                var first = edges.Count;
                owner.AddEdges(slot, edges);
                for (int e = first, end = edges.Count; e < end; e++)
                {
                    var cluster = owner._faces[edges[e].Other].Cluster!;
                    if (!region.Contains(cluster))
                    {
                        _around.Add(cluster);
                        edges.Add(new LiveEdge(edges[e].Other, slot, edges[e].Edge));
                    }
                }
            }

            _slots = [.. region.Concat(_around).SelectMany(cluster => cluster.Members)];
            Array.Sort(Array.ConvertAll(_slots, slot => owner._faces[slot].Rank), _slots);
            Array.Reverse(_slots);
            if (owner._rows.Length < owner._faces.Length)
            {
                owner._rows = new int[owner._faces.Length];
            }

            _rows = owner._rows;
            _inside = new bool[_slots.Length];
            for (var row = 0; row < _slots.Length; row++)
            {
                _rows[_slots[row]] = row + 1;
                _inside[row] = region.Contains(owner._faces[_slots[row]].Cluster!);
                Faces += _inside[row] ? 1 : 0;
            }

            Replayed = _slots.Length - Faces;
            _partner = new int[_slots.Length];
            Array.Fill(_partner, -1);
            _partnerScore = new float[_slots.Length];
            _edges = ArrayPool<GroupEdge>.Shared.Rent(edges.Count);
            _table = new GroupTable(
                new GroupVectors(owner._codes, owner.Dimension, _slots.Length, _slots),
                Singles(),
                Table(CollectionsMarshal.AsSpan(edges)),
                owner.Options,
                alone: true);
        }

        /// <summary>Faces of the region.</summary>
        public int Faces { get; }

        /// <summary>Faces around it.</summary>
        public int Replayed { get; }

        /// <summary>Runs all rounds, up to the first in which clusters around the region would act otherwise.</summary>
        /// <returns>Those clusters.</returns>
        public HashSet<LiveCluster> Run()
        {
            var script = _owner._script;
            script.Start(_around);
            _table.Recorded.EnsureCapacity(Replayed);
            foreach (var (join, dot) in _around.SelectMany(cluster => cluster.Joins))
            {
                _table.Recorded.Add(RowOf(join.From), (dot, (long)(join.Support * JoinModel.SupportUnit)));
            }

            Constrain(script);
            _table.Start();
            ReadOnlySpan<int> changed = Enumerable.Range(0, _slots.Length).ToArray();
            var pairs = new List<(int Into, int From)>();
            for (var round = 1; ; round++)
            {
                script.MoveTo(round);
                foreach (ref readonly var choice in script.Choices)
                {
                    var group = RowOf(choice.Group);
                    _partner[group] = choice.Partner;
                    _partnerScore[group] = choice.Score;
                }

                Record(round, changed);
                Check(script, changed);
                if (_affected.Count > 0)
                {
                    return _affected;
                }

                _table.MutualPairs(changed, pairs);
                pairs.RemoveAll(pair => !_inside[pair.Into] || !_inside[pair.From]);
                pairs.Sort();
                foreach (var (into, from) in pairs)
                {
                    _joins.Add(Record(_table.Describe(round, into, from, _table.BestScore(into))));
                }

                foreach (ref readonly var recorded in script.Joins)
                {
                    pairs.Add((RowOf(recorded.Join.Into), RowOf(recorded.Join.From)));
                }

                pairs.Sort();
                changed = pairs.Count > 0 ? _table.Join(pairs) : [];
                if (pairs.Count == 0)
                {
                    if (script.Next is not { } next)
                    {
                        return _affected;
                    }

                    round = next - 1;
                }
            }
        }

        /// <summary>Puts the clusters of the region in place of the old ones.</summary>
        public void Commit()
        {
            var members = new Dictionary<int, List<int>>();
            for (var row = 0; row < _slots.Length; row++)
            {
                if (_inside[row])
                {
                    var group = _table.GroupOf(row);
                    if (!members.TryGetValue(group, out var list))
                    {
                        members.Add(group, list = []);
                    }

                    list.Add(_slots[row]);
                }
            }

            var joins = _joins.ToLookup(
                recorded => _table.GroupOf(recorded.Join.Into),
                recorded => recorded with { Join = recorded.Join with { Into = _slots[recorded.Join.Into], From = _slots[recorded.Join.From] } });
            var choices = _choices.ToLookup(choice => _table.GroupOf(RowOf(choice.Group)));
            foreach (var (group, slots) in members)
            {
                var cluster = new LiveCluster
                {
                    Members = slots,
                    Joins = [.. joins[group]],
                    Choices = [.. choices[group]],
                    Traits = _table.Traits(group),
                };
                foreach (var slot in slots)
                {
                    _owner._faces[slot].Cluster = cluster;
                }
            }
        }

        /// <summary>Gives back what was borrowed.</summary>
        public void Dispose()
        {
            foreach (var slot in _slots)
            {
                _rows[slot] = 0;
            }

            ArrayPool<GroupEdge>.Shared.Return(_edges);
        }

        /// <summary>The row of a slot, or -1 where it takes no part.</summary>
        private int RowOf(int slot) => _rows[slot] - 1;

        private RecordedJoin Record(GroupJoin join) => new(join, _table.Product(join.Into, join.From));

        private GroupTraits[] Singles()
        {
            var traits = new GroupTraits[_slots.Length];
            for (var row = 0; row < traits.Length; row++)
            {
                traits[row] = _owner.Single(_slots[row]);
            }

            return traits;
        }

        private EdgeTable Table(ReadOnlySpan<LiveEdge> edges)
        {
            var start = new int[_slots.Length + 1];
            foreach (ref readonly var edge in edges)
            {
                start[RowOf(edge.Slot) + 1]++;
            }

            for (var row = 0; row < _slots.Length; row++)
            {
                start[row + 1] += start[row];
            }

            var filled = start.ToArray();
            foreach (ref readonly var edge in edges)
            {
                _edges[filled[RowOf(edge.Slot)]++] = edge.Edge with { Other = RowOf(edge.Other) };
            }

            return new EdgeTable(_edges, start);
        }

        /// <summary>Must-links are joined first, as in a batch run; then what keeps groups apart.</summary>
        private void Constrain(LiveScript script)
        {
            foreach (ref readonly var recorded in script.Joins)
            {
                _table.Join([(RowOf(recorded.Join.Into), RowOf(recorded.Join.From))], choose: false);
            }

            var constraints = _owner._constraints;
            foreach (var (left, right) in Pairs(constraints.Must))
            {
                var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
                if (_inside[left] && a != b)
                {
                    var (into, from) = (Math.Min(a, b), Math.Max(a, b));
                    _joins.Add(Record(_table.Describe(0, into, from, double.PositiveInfinity)));
                    _table.Join([(into, from)], choose: false);
                }
            }

            foreach (var (left, right) in Pairs(constraints.Cannot))
            {
                _table.Vetoes.Forbid(_table.GroupOf(left), _table.GroupOf(right));
            }

            foreach (var (left, right) in Pairs(constraints.Frame))
            {
                var (a, b) = (_table.GroupOf(left), _table.GroupOf(right));
                if (a != b)
                {
                    _table.Vetoes.KeepApart(a, b, 1);
                }
            }
        }

        private List<(int Left, int Right)> Pairs(Func<Core.FaceId, IReadOnlySet<Core.FaceId>> partners)
        {
            var pairs = new List<(int Left, int Right)>();
            for (var row = 0; row < _slots.Length; row++)
            {
                foreach (var other in partners(_owner._faces[_slots[row]].Rank.Id))
                {
                    if (_owner._slots.TryGetValue(other, out var slot) && RowOf(slot) is var right && right > row)
                    {
                        pairs.Add((row, right));
                    }
                }
            }

            pairs.Sort();
            return pairs;
        }

        /// <summary>Notes the choices of the region's groups that are new.</summary>
        private void Record(int round, ReadOnlySpan<int> changed)
        {
            foreach (var group in changed)
            {
                if (!_inside[group] || !_table.IsGroup(group))
                {
                    continue;
                }

                var partner = _table.Best(group) < 0 ? -1 : _slots[_table.Best(group)];
                var score = partner < 0 ? 0 : _table.BestScore(group);
                if (partner != _partner[group] || score != _partnerScore[group])
                {
                    _partner[group] = partner;
                    _partnerScore[group] = score;
                    _choices.Add(new RecordedChoice(round, _slots[group], partner, score));
                }
            }
        }

        /// <summary>Finds groups around the region that would not choose as recorded, or that the region would now join.</summary>
        private void Check(LiveScript script, ReadOnlySpan<int> changed)
        {
            foreach (var group in changed)
            {
                CheckGroup(group);
            }

            foreach (ref readonly var choice in script.Choices)
            {
                CheckGroup(RowOf(choice.Group));
            }

            void CheckGroup(int group)
            {
                if (!_table.IsGroup(group))
                {
                    return;
                }

                if (!_inside[group] && !AsRecorded(group))
                {
                    _affected.Add(ClusterOf(group));
                }

                // A pair across the border that chooses each other; either side may be the one that has changed.
                var other = _table.Best(group);
                if (other >= 0 && _inside[other] != _inside[group] && _table.Best(other) == group)
                {
                    var outer = _inside[group] ? other : group;
                    if (!LosesToRecord(outer))
                    {
                        _affected.Add(ClusterOf(outer));
                    }
                }
            }
        }

        private LiveCluster ClusterOf(int row) => _owner._faces[_slots[row]].Cluster!;

        /// <summary>Whether the best choice of a replayed group is still the recorded one.</summary>
        private bool AsRecorded(int group)
        {
            var best = _table.Best(group);
            var partner = _partner[group];
            if (partner < 0)
            {
                return best < 0;
            }

            return IsOutside(partner)
                ? best < 0 || LosesToRecord(group)
                : best >= 0 && _slots[best] == partner && _table.BestScore(group) == _partnerScore[group];
        }

        /// <summary>Whether the group's choice within the region loses against its recorded partner outside.</summary>
        private bool LosesToRecord(int group)
        {
            var partner = _partner[group];
            if (partner < 0 || !IsOutside(partner))
            {
                return false;
            }

            var score = _table.BestScore(group);
            return score < _partnerScore[group]
                || (score == _partnerScore[group] && _owner._faces[_slots[_table.Best(group)]].Rank < _owner._faces[partner].Rank);
        }

        private bool IsOutside(int slot) => _owner._faces[slot].Cluster is { } cluster && !_region.Contains(cluster);
    }
}
