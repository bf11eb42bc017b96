"""Find the duplicates of a data set: fingerprints, candidate pairs, the closer look, the report."""

from collections.abc import Callable, Container, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from vision.alignment import Alignment, Features, align, features
from vision.datasets.duplicates.cache import Cache
from vision.datasets.duplicates.embedding import Embedder
from vision.datasets.duplicates.fingerprints import SIDE, Fingerprint, fingerprint
from vision.datasets.duplicates.hashes import TRANSFORMS
from vision.datasets.duplicates.leaks import Member, is_leak, scene_groups, to_exclude
from vision.datasets.duplicates.report import DuplicateReport, Kind, Pair, Unreadable
from vision.datasets.duplicates.search import Candidate, candidates
from vision.errors import PhotoError
from vision.images import read_photo_file

__all__ = ["OnProgress", "find_duplicates", "kind_of"]

OnProgress = Callable[[str, int, int], None]  # stage, how many are done, how many there are

KEPT_FEATURES = 2000  # photos; about 250 MB

# Cut-offs, chosen by looking at pairs of street photos. Copies keep nearly every match and the picture under it; what
# only shares a logo, a watermark or a make of bin has matches, but the rest of the picture isn't alike.
COPY_INLIERS, COPY_SHARE, COPY_CORRELATION = 12, 0.85, 0.9
SCENE_INLIERS, SCENE_CORRELATION = 12, 0.35
FAINT_INLIERS, FAINT_CORRELATION = 9, 0.7  # fewer points, but a picture that is more alike
FLAT_DISTANCE, FLAT_SIMILARITY = 3, 0.985  # without keypoints, such as bare walls


def find_duplicates(
    members: Sequence[Member], embedder: Embedder, cache: Cache, name: str, on_progress: OnProgress
) -> DuplicateReport:
    """Find the copies and other photos of the same place among `members`.

    Args:
        members: Their names have to differ.
        embedder: Has to be of the model that `cache` was opened for.
        cache: Used and filled.
        name: Of the recipe.
        on_progress: Called after every photo and pair.
    """
    known, unreadable = _fingerprints(members, embedder, cache, on_progress)
    kept = [member for member in members if member.name in known]
    prints = [known[member.name] for member in kept]
    same = list(_same_pixels(prints))
    pairs = [_pair(kept, candidate, "identical", Alignment(correlation=1, overlap=1)) for candidate in same]
    close = _close(prints, repeated={candidate.second for candidate in same})
    for candidate, alignment in _compared(kept, prints, close, cache, on_progress):
        kind = kind_of(candidate, alignment)
        if kind is not None:
            pairs.append(_pair(kept, candidate, kind, alignment))
    pairs.sort(key=lambda pair: (not pair.leak, ("identical", "near", "scene").index(pair.kind), -pair.inliers))
    groups = scene_groups(members)
    return DuplicateReport(
        recipe=name,
        model_sha256=embedder.model_sha256,
        photos={side: sum(m.side == side for m in members) for side in dict.fromkeys(m.side for m in members)},
        compared=len(close),
        pairs=tuple(pairs),
        scene_groups=tuple(groups),
        exclude=to_exclude(members, pairs, groups),
        unreadable=tuple(unreadable),
    )


def kind_of(candidate: Candidate, alignment: Alignment) -> Kind | None:
    """Judge a pair; None if the photos show different things."""
    inliers, correlation = alignment.inliers, alignment.correlation
    copied = inliers >= max(COPY_INLIERS, COPY_SHARE * alignment.matches) and correlation >= COPY_CORRELATION
    flat = alignment.matches < FAINT_INLIERS and candidate.distance <= FLAT_DISTANCE
    if copied or (flat and candidate.similarity >= FLAT_SIMILARITY):
        return "near"
    if inliers >= SCENE_INLIERS and correlation >= SCENE_CORRELATION:
        return "scene"
    return "scene" if inliers >= FAINT_INLIERS and correlation >= FAINT_CORRELATION else None


def _fingerprints(
    members: Sequence[Member], embedder: Embedder, cache: Cache, on_progress: OnProgress
) -> tuple[dict[str, Fingerprint], list[Unreadable]]:
    known, unreadable = {}, []
    for done, member in enumerate(members, 1):
        try:
            found = cache.fingerprint(member.path)
            if found is None:
                found = fingerprint(member.path, embedder)
                cache.keep_fingerprint(member.path, found)
            known[member.name] = found
        except PhotoError as error:
            unreadable.append(Unreadable(photo=member.name, reason=str(error)))
        on_progress("photos", done, len(members))
    return known, unreadable


def _same_pixels(prints: Sequence[Fingerprint]) -> Iterator[Candidate]:
    """Yield every photo with the next one of the same pixels: n copies make n - 1 pairs."""
    by_pixels: dict[str, list[int]] = {}
    for position, found in enumerate(prints):
        by_pixels.setdefault(found.pixels_sha256, []).append(position)
    for positions in by_pixels.values():
        for first, second in pairwise(positions):
            yield Candidate(first, second, 0, 0, 1.0)


def _close(prints: Sequence[Fingerprint], repeated: Container[int]) -> list[Candidate]:
    """Return the pairs that are worth a closer look, each of several identical photos standing for all."""
    positions = [position for position in range(len(prints)) if position not in repeated]
    if not positions:
        return []
    tables = np.stack([prints[position].table for position in positions])
    embeddings = np.stack([prints[position].embedding for position in positions])
    return [
        candidate._replace(first=positions[candidate.first], second=positions[candidate.second])
        for candidate in candidates(tables, embeddings)
    ]


def _compared(
    members: Sequence[Member],
    prints: Sequence[Fingerprint],
    close: Sequence[Candidate],
    cache: Cache,
    on_progress: OnProgress,
) -> Iterator[tuple[Candidate, Alignment]]:
    @lru_cache(KEPT_FEATURES)
    def of(position: int) -> Features:
        return features(read_photo_file(members[position].path, at_least=SIDE).pixels)

    for done, candidate in enumerate(close, 1):
        first, second = prints[candidate.first], prints[candidate.second]
        alignment = cache.alignment(first, second)
        if alignment is None:
            alignment = align(of(candidate.first), of(candidate.second))
            cache.keep_alignment(first, second, alignment)
        on_progress("pairs", done, len(close))
        yield candidate, alignment


def _pair(members: Sequence[Member], candidate: Candidate, kind: Kind, alignment: Alignment) -> Pair:
    first, second = members[candidate.first], members[candidate.second]
    mirrored, rotation = alignment.mirrored, alignment.rotation
    if kind == "near" and alignment.inliers < COPY_INLIERS:  # flat: what brings the hashes together
        mirrored, turns = TRANSFORMS[candidate.transform]
        rotation = turns * 90.0
    return Pair(
        first=first.name,
        second=second.name,
        sides=(first.side, second.side),
        kind=kind,
        leak=is_leak(first.side, second.side),
        hash_distance=candidate.distance,
        similarity=round(candidate.similarity, 4),
        inliers=alignment.inliers,
        correlation=round(alignment.correlation, 4),
        overlap=round(alignment.overlap, 4),
        mirrored=mirrored,
        rotation=round(rotation, 1),
    )
