using FaceCluster.TrainingData;

namespace FaceCluster.Evaluation.Templates;

/// <summary>
/// 1:N identification of templates, in two variants. As IJB-B and IJB-C define it (Whitelam et al. 2017; Maze et al. 2018): every
/// probe is searched in each of two galleries without a common person; a probe whose person is in the gallery has a mate there, the
/// others tell how often a stranger is taken for somebody. And as insightface's <c>ijb_1n.py</c> has it: in both galleries at once,
/// where every probe has a mate and the other people of the gallery are the strangers. The figures of the two are not alike.
/// </summary>
public static class IdentificationProtocol
{
    private static readonly int[] Ranks = [1, 5, 10];
    private static readonly (string Name, double Rate)[] Targets = [("1e-3", 1e-3), ("1e-2", 1e-2), ("1e-1", 1e-1)];
    private static readonly (string Name, double Rate)[] ReferenceTargets = [("1e-2", 1e-2), ("1e-1", 1e-1)];

    /// <summary>Searches all probes in one gallery.</summary>
    /// <param name="templates">The templates.</param>
    /// <param name="gallery">Template and person of the gallery; a person has one template.</param>
    /// <param name="probes">Template and person of the probes.</param>
    /// <param name="form">How the templates were made.</param>
    /// <param name="name">What the gallery is called.</param>
    /// <exception cref="TrainingDataException">A template has no face, a person is twice in the gallery, or no probe has a mate.</exception>
    public static IdentificationResult Identify(
        TemplateSet templates, IReadOnlyList<TemplatePerson> gallery, IReadOnlyList<TemplatePerson> probes, TemplateForm form, string name)
    {
        ArgumentNullException.ThrowIfNull(templates);
        ArgumentNullException.ThrowIfNull(gallery);
        ArgumentNullException.ThrowIfNull(probes);
        Check(templates, gallery, probes, name);
        var mated = new (int Rank, double Score)[probes.Count];
        var best = new double[probes.Count];
        Parallel.For(0, probes.Count, i =>
        {
            var (own, highest) = (double.NegativeInfinity, double.NegativeInfinity);
            var scores = new double[gallery.Count];
            for (var j = 0; j < gallery.Count; j++)
            {
                scores[j] = templates.Score(probes[i].Template, gallery[j].Template);
                highest = Math.Max(highest, scores[j]);
                own = gallery[j].Person == probes[i].Person ? scores[j] : own;
            }

            // Of equal scores the mate's counts last, so that a model that gives all the same is right by no chance.
            best[i] = highest;
            mated[i] = double.IsNegativeInfinity(own) ? (0, 0) : (scores.Count(score => score >= own), own);
        });
        var mates = mated.Where(probe => probe.Rank > 0).ToArray();
        var strangers = best.Where((_, i) => mated[i].Rank == 0).OrderDescending().ToArray();
        if (mates.Length == 0)
        {
            throw new TrainingDataException($"No probe is of a person of the gallery {name}.");
        }

        return new IdentificationResult(
            Name(form),
            "paper",
            name,
            gallery.Count,
            mates.Length,
            strangers.Length,
            Shares(mates),
            strangers.Length == 0 ? [] : Targets.ToDictionary(target => target.Name, target => TruePositives(mates, strangers, target.Rate)));
    }

    /// <summary>
    /// Searches all probes in the galleries together, as <c>ijb_1n.py</c> does: the threshold at a rate r is the ceil(r n)th highest
    /// of all scores of the n mated probes' with others than their mates, and a probe counts whose mate's score exceeds it, whatever
    /// its rank.
    /// </summary>
    /// <param name="templates">The templates.</param>
    /// <param name="gallery">Template and person of all galleries; a person has one template.</param>
    /// <param name="probes">Template and person of the probes; those without a mate are left out.</param>
    /// <param name="form">How the templates were made.</param>
    /// <param name="name">What the galleries are called.</param>
    /// <exception cref="TrainingDataException">A template has no face, a person is twice in the galleries, or no probe has a mate.</exception>
    public static IdentificationResult IdentifyTogether(
        TemplateSet templates, IReadOnlyList<TemplatePerson> gallery, IReadOnlyList<TemplatePerson> probes, TemplateForm form, string name)
    {
        ArgumentNullException.ThrowIfNull(templates);
        ArgumentNullException.ThrowIfNull(gallery);
        ArgumentNullException.ThrowIfNull(probes);
        Check(templates, gallery, probes, name);
        var people = gallery.Select(entry => entry.Person).ToHashSet();
        TemplatePerson[] mated = [.. probes.Where(probe => people.Contains(probe.Person))];
        if (mated.Length == 0)
        {
            throw new TrainingDataException($"No probe is of a person of the gallery {name}.");
        }

        var found = new (int Rank, double Score)[mated.Length];
        var most = (int)Math.Ceiling(ReferenceTargets.Max(target => target.Rate) * mated.Length);
        var highest = new PriorityQueue<double, double>(most + 1);
        Parallel.For(0, mated.Length, i =>
        {
            var own = 0.0;
            var others = new List<double>(gallery.Count);
            foreach (var entry in gallery)
            {
                var score = templates.Score(mated[i].Template, entry.Template);
                if (entry.Person == mated[i].Person)
                {
                    own = score;
                }
                else
                {
                    others.Add(score);
                }
            }

            found[i] = (1 + others.Count(score => score >= own), own);
            lock (highest)
            {
                foreach (var score in others)
                {
                    if (highest.Count < most)
                    {
                        highest.Enqueue(score, score);
                    }
                    else if (score > highest.Peek())
                    {
                        highest.DequeueEnqueue(score, score);
                    }
                }
            }
        });
        double[] thresholds = [.. highest.UnorderedItems.Select(item => item.Element).OrderDescending()];
        return new IdentificationResult(
            Name(form),
            "reference",
            name,
            gallery.Count,
            mated.Length,
            0,
            Shares(found),
            ReferenceTargets.ToDictionary(target => target.Name, target =>
            {
                var position = (int)Math.Ceiling(target.Rate * mated.Length);
                return position > thresholds.Length ? 1 : found.Count(probe => probe.Score > thresholds[position - 1]) / (double)found.Length;
            }));
    }

    /// <summary>What a form is called in results.</summary>
    internal static string Name(TemplateForm form) => form == TemplateForm.Plain ? "plain" : "magface_plus";

    private static Dictionary<string, double> Shares((int Rank, double Score)[] mates) =>
        Ranks.ToDictionary(rank => $"top_{rank}", rank => mates.Count(probe => probe.Rank <= rank) / (double)mates.Length);

    /// <summary>Share of mated probes that are found first, with a score above that of all but the allowed share of strangers.</summary>
    private static double TruePositives((int Rank, double Score)[] mates, double[] strangers, double rate)
    {
        var allowed = (int)Math.Floor(rate * strangers.Length);
        var threshold = allowed < strangers.Length ? strangers[allowed] : double.NegativeInfinity;
        return mates.Count(probe => probe.Rank == 1 && probe.Score > threshold) / (double)mates.Length;
    }

    private static void Check(TemplateSet templates, IReadOnlyList<TemplatePerson> gallery, IReadOnlyList<TemplatePerson> probes, string name)
    {
        if (gallery.Concat(probes).FirstOrDefault(entry => !templates.Contains(entry.Template)) is { } missing)
        {
            throw new TrainingDataException($"The template {missing.Template} of the gallery {name} or its probes has no face.");
        }

        if (gallery.GroupBy(entry => entry.Person).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new TrainingDataException($"The person {twice.Key} has {twice.Count()} templates in the gallery {name}; one is allowed.");
        }
    }
}

/// <summary>A template and the person it shows.</summary>
public sealed record TemplatePerson(int Template, int Person);
