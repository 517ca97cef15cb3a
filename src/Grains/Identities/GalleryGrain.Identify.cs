using FaceCluster.Core;
using FaceCluster.Index;

namespace FaceCluster.Grains.Identities;

internal sealed partial class GalleryGrain
{
    private const int MaxCandidates = 100;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<IdentityCandidate[]>> Identify(
        ReadOnlyMemory<byte> embeddings, int limit, double minSimilarity, CancellationToken cancellationToken = default)
    {
        ThrowIfUnknown();
        if (limit is < 1 or > MaxCandidates)
        {
            throw new DomainException(DomainStatus.InvalidArgument, "INVALID_LIMIT", $"The number of candidates {limit} is outside 1 to {MaxCandidates}.", "max_candidates");
        }

        var units = EmbeddingBytes.ToUnits(embeddings.Span, _info!.Settings.Dimension);
        var scheduling = ScanScheduling.On(pool.Scheduler, pool.Threads);
        var templates = await ExactSearch.TopAsync(_table.Templates.Snapshot(), units, limit, null, scheduling, cancellationToken);
        var view = _table.Faces.Snapshot();
        var answers = new IdentityCandidate[units.Length][];
        for (var q = 0; q < units.Length; q++)
        {
            var faces = await NearestIdentities(view, units[q], limit, scheduling, cancellationToken);
            answers[q] = Candidates(units[q], templates[q], faces, limit, minSimilarity);
        }

        return answers;
    }

    /// <summary>
    /// Faces until <paramref name="limit"/> different identities are among them: the identities with the most similar
    /// single faces, exactly. One identity with many faces makes the search go deeper, not lose the others.
    /// </summary>
    private async Task<Neighbour[]> NearestIdentities(IndexView view, ReadOnlyMemory<float> unit, int limit, ScanScheduling scheduling, CancellationToken cancellationToken)
    {
        for (var depth = limit * 4; ; depth *= 4)
        {
            var hits = (await ExactSearch.TopAsync(view, [unit], depth, null, scheduling, cancellationToken))[0];
            if (hits.Length < depth || hits.Select(hit => _table.Owner(hit.Id)).Distinct().Count() >= limit)
            {
                return hits;
            }
        }
    }

    private IdentityCandidate[] Candidates(ReadOnlyMemory<float> unit, Neighbour[] templates, Neighbour[] faces, int limit, double minSimilarity)
    {
        // The tables may have changed while the scans ran: whoever is gone is left out.
        var owners = templates.Where(hit => !_table.Templates.Snapshot().IsDeleted(hit.Row)).Select(hit => _table.TemplateOwner(hit.Row))
            .Concat(faces.Select(hit => _table.Owner(hit.Id)).OfType<string>())
            .Distinct();
        return [.. owners
            .Select(owner => Candidate(_table.Find(owner)!, unit.Span))
            .Where(candidate => candidate.Similarity >= minSimilarity)
            .OrderByDescending(static candidate => candidate.Similarity)
            .ThenBy(static candidate => candidate.IdentityId, StringComparer.Ordinal)
            .Take(limit)];
    }

    private IdentityCandidate Candidate(GalleryEntry entry, ReadOnlySpan<float> unit)
    {
        var template = entry.TemplateRow < 0 ? -1 : Similarity.Dot(unit, _table.Templates.Snapshot().Vector(entry.TemplateRow));
        var best = new FaceHit(FaceId.None, -1);
        var view = _table.Faces.Snapshot();
        foreach (var (face, row) in entry.FaceRows)
        {
            var similarity = Similarity.Dot(unit, view.Vector(row));
            if (best.Id.IsNone || similarity > best.Similarity || (similarity == best.Similarity && face < best.Id))
            {
                best = new FaceHit(face, similarity);
            }
        }

        return new IdentityCandidate
        {
            IdentityId = entry.Row.Id,
            DisplayName = entry.Row.DisplayName,
            Similarity = Math.Max(template, best.Similarity),
            TemplateSimilarity = template,
            BestFace = best,
        };
    }
}
