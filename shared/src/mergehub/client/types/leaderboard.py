"""Bodies of the leaderboard. Written by `make documents`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Ablation(TypedDict):
    """What one run measured; `model` is null if no run has written that merge."""

    run: str
    model: str | None
    recipe_digest: str
    method: str
    harness: str
    created_at: str
    candidates: list[Candidate]


class AblationPage(TypedDict):
    """Newest first."""

    items: list[Ablation]
    next_cursor: str | None


class BaseGain(TypedDict):
    """All merges on one base; `several` are those that go back to different models."""

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float
    base: str


class Benchmark(TypedDict):
    """A benchmark with its versions, the preferred one first.

    - `defined`: it comes with the hub; others are known by their results alone.
    - `dataset`, `sources`: where its items and its rules are.
    - `results`: how many current results of full runs the hub has."""

    name: str
    title: str
    summary: str
    defined: bool
    domains: list[str]
    languages: list[str]
    dataset: str | None
    sources: list[str]
    versions: list[BenchmarkVersion]
    results: int


class BenchmarkComparison(TypedDict):
    """`scores` and `differences` have one for each model, in their order; null: not measured.

    A difference is the model's score minus that of the first model, in points of the board."""

    benchmark: str
    title: str
    domains: list[str]
    weight: float
    scores: list[ComparedScore | None]
    differences: list[Difference | None]


class BenchmarkMetric(TypedDict):
    """One way to count the answers. `baseline` is what a random guess is expected to score.

    `main`: the metric that boards rank by. `direction`: `higher` or `lower` scores are better."""

    metric: str
    title: str
    main: bool
    direction: str
    baseline: float | None


class BenchmarkPage(TypedDict):
    """Sorted by name."""

    items: list[Benchmark]
    next_cursor: str | None


class BenchmarkUplift(TypedDict):
    """Uplift on one benchmark."""

    benchmark: str
    version: str
    metric: str
    shots: int | None
    score: Interval
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None


class BenchmarkVersion(TypedDict):
    """One way to run a benchmark; scores of different versions are never compared.

    - `tasks`: its names in lm-evaluation-harness. `shots`: worked examples in the prompt.
    - `items`: the size of a full run; null if no one knows it."""

    version: str
    tasks: list[str]
    shots: int | None
    items: int | None
    metrics: list[BenchmarkMetric]
    note: str | None


class BoardColumn(TypedDict):
    """The conditions that the scores of a column share; null: not stated, or any.

    `baseline` is what a random guess scores, which is 0 on the board. `models` counts the variants
    of models that have a score."""

    benchmark: str
    title: str
    version: str | None
    subtask: str | None
    metric: str | None
    shots: int | None
    chat_template: bool | None
    weight: float
    baseline: float
    domains: list[str]
    models: int


class BoardCreate(TypedDict):
    """A board of your own, or of an organisation in which you may write.

    Its name becomes the owner's handle, a tilde and `name`."""

    name: str
    owner: NotRequired[str | None]
    title: str
    summary: str
    domains: NotRequired[
        list[
            Literal[
                "maths",
                "code",
                "reasoning",
                "knowledge",
                "instruction-following",
                "truthfulness",
                "languages",
            ]
        ]
    ]
    columns: list[ColumnInput] | ChosenInput
    normalisation: NotRequired[Literal["guess", "none"]]
    below_guess: NotRequired[Literal["zero", "negative"]]


class BoardFacets(TypedDict):
    """For each filter its values, the most frequent first, at most 100 of each.

    The counts are of the rows that all other filters keep."""

    as_of: int
    matching: int
    method: list[Facet]
    base: list[Facet]
    family: list[Facet]
    domain: list[Facet]
    precision: list[Facet]
    licence: list[Facet]
    size: list[SizeFacet]
    merged: list[FlagFacet]
    flagged: list[FlagFacet]


class BoardInfo(TypedDict):
    """A board and its rules; `owner` is null for those that come with the hub.

    `columns` are those that are stated, or the rule by which the board has the benchmarks that
    enough models have. `missing` says what a model without all columns gets. `version` grows with
    each change of an own board."""

    name: str
    title: str
    summary: str
    domains: list[str]
    owner: str | None
    columns: list[ColumnOutput] | ChosenOutput
    normalisation: Literal["guess", "none"]
    below_guess: Literal["zero", "negative"]
    missing: Literal["no mean and no rank"]
    version: int


class BoardList(TypedDict):
    """The boards that come with the hub, then those that people made, by name."""

    items: list[ListedBoard]
    next_cursor: str | None


class BoardMean(TypedDict):
    value: float
    low: float | None
    high: float | None


class BoardPage(TypedDict):
    """`ranked` counts the rows of the board that have a rank, `matching` those that are asked for.

    `as_of` grows whenever a result or a fact of a model changes. `suggestions` has each base and
    family that is asked for and that the hub does not know."""

    items: list[Standing]
    next_cursor: str | None
    board: BoardInfo
    as_of: int
    columns: list[BoardColumn]
    ranked: int
    matching: int
    ranks: RankMethod
    suggestions: list[Suggestion]


class BoardPoint(TypedDict):
    """Size and score of a row; `front`: no row that is at most as large has a better score."""

    model: str
    precision: str | None
    parameters: int
    score: float
    merged: bool | None
    method: str | None
    front: bool


class BoardPoints(TypedDict):
    """The rows that have both, the best first; `truncated`: there are more."""

    as_of: int
    points: list[BoardPoint]
    truncated: bool


class BoardScore(TypedDict):
    """A score on the board's scale, and `raw` on that of its metric; ends are null if unknown."""

    value: float
    low: float | None
    high: float | None
    raw: float
    source: Literal["verified", "community", "imported"]
    result: int


class BoardUpdate(TypedDict):
    """What to change; what is left out stays."""

    title: NotRequired[str | None]
    summary: NotRequired[str | None]
    domains: NotRequired[
        list[
            Literal[
                "maths",
                "code",
                "reasoning",
                "knowledge",
                "instruction-following",
                "truthfulness",
                "languages",
            ]
        ]
        | None
    ]
    columns: NotRequired[list[ColumnInput] | ChosenInput | None]
    normalisation: NotRequired[Literal["guess", "none"] | None]
    below_guess: NotRequired[Literal["zero", "negative"] | None]


class Bounded(TypedDict):
    """A value and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Candidate(TypedDict):
    """A merge that was scored: the whole if `without` is null, else the merge without a model."""

    without: str | None
    how: str
    model_digest: str
    results: list[CandidateScore]


class CandidateScore(TypedDict):
    """A candidate on one benchmark; `gain` is null for the whole merge."""

    benchmark: str
    version: str
    metric: str
    shots: int
    count: int
    limited: bool
    score: Bounded
    gain: Gain | None


class CellGain(TypedDict):
    """The merges by one method on one base."""

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float
    base: str
    method: str


class ChosenInput(TypedDict):
    """A column for each benchmark that enough models have, so that it follows the results.

    - `domains`: only benchmarks of one of these; empty: all.
    - `share`: a benchmark needs so many models, as a share of those that the most used one has.
    - `most`: the most columns; the most used benchmarks count."""

    domains: NotRequired[
        list[
            Literal[
                "maths",
                "code",
                "reasoning",
                "knowledge",
                "instruction-following",
                "truthfulness",
                "languages",
            ]
        ]
    ]
    share: NotRequired[float]
    most: NotRequired[int]


class ChosenOutput(TypedDict):
    """A column for each benchmark that enough models have, so that it follows the results.

    - `domains`: only benchmarks of one of these; empty: all.
    - `share`: a benchmark needs so many models, as a share of those that the most used one has.
    - `most`: the most columns; the most used benchmarks count."""

    domains: list[
        Literal[
            "maths",
            "code",
            "reasoning",
            "knowledge",
            "instruction-following",
            "truthfulness",
            "languages",
        ]
    ]
    share: float
    most: int


class Citation(TypedDict):
    """How to cite a release, as a sentence and for BibTeX."""

    text: str
    bibtex: str


class Claims(TypedDict):
    """What a file says of the model itself. It is kept as a claim; lineage decides what is so."""

    merged: NotRequired[bool | None]
    base: NotRequired[str | None]
    licence: NotRequired[str | None]
    parameters: NotRequired[int | None]
    architecture: NotRequired[str | None]
    flags: NotRequired[list[str]]


class ColumnInput(TypedDict):
    """A column of a board: results of one benchmark that were made under the same conditions.

    Of each condition that is left out, the column has what most models have. A condition that is
    stated takes in results that do not state it. `any`: it makes no difference."""

    benchmark: str
    version: NotRequired[str | None]
    metric: NotRequired[str | None]
    shots: NotRequired[int | Literal["any"] | None]
    chat_template: NotRequired[bool | Literal["any"] | None]
    task_hash: NotRequired[str | None]
    weight: NotRequired[float]


class ColumnOutput(TypedDict):
    """A column of a board: results of one benchmark that were made under the same conditions.

    Of each condition that is left out, the column has what most models have. A condition that is
    stated takes in results that do not state it. `any`: it makes no difference."""

    benchmark: str
    version: str | None
    metric: str | None
    shots: int | Literal["any"] | None
    chat_template: bool | Literal["any"] | None
    task_hash: str | None
    weight: float


class ComparedModel(TypedDict):
    """One of the models, in the precision in which it is compared; empty if that is unknown.

    `listed`: it has a row on the board."""

    model: str
    precision: str
    merged: bool
    method: str | None
    listed: bool


class ComparedScore(TypedDict):
    """A score in points of the board, and the result that it comes from; `raw` on its own scale."""

    value: float
    low: float | None
    high: float | None
    raw: float
    source: str
    result: int


class Comparison(TypedDict):
    """The other's score, and the difference to it.

    `precision` is the one that the other was measured in; null if there are several."""

    difference: Interval
    p: float | None
    in_family: Interval
    p_in_family: float | None
    verdict: Literal["better", "worse", "no clear difference"]
    reason: str | None
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    paired: bool
    items: int
    score: Interval
    precision: str | None


class Difference(TypedDict):
    """The model's score minus another, with its interval and p-value.

    `method`: `mcnemar` (item by item, each right or wrong), `paired-bootstrap` (item by item, from
    all resamples of the items; none is drawn) or `unpaired` (between two independent scores).
    `items` is the number of common items.

    The model is compared with the other on several benchmarks, and some differences look clear
    by chance. `in_family` and `p_in_family` allow for that (Holm-Bonferroni), and the `verdict`
    says whether zero is inside of `in_family`. `reason`: why nothing can be clear."""

    difference: Interval
    p: float | None
    in_family: Interval
    p_in_family: float | None
    verdict: Literal["better", "worse", "no clear difference"]
    reason: str | None
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    paired: bool
    items: int


class DomainComparison(TypedDict):
    """Likewise over the benchmarks of one domain."""

    benchmarks: list[str]
    scores: list[Interval | None]
    differences: list[Difference | None]
    domain: str


class DomainUplift(TypedDict):
    """Likewise over the benchmarks of one domain."""

    score: Interval
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None
    over: list[Setting]
    domain: str


class Facet(TypedDict):
    """How many rows have a value; `unknown`: it is not known."""

    value: str
    models: int


class FlagFacet(TypedDict):
    value: bool
    models: int


class Gain(TypedDict):
    """What the ingredient adds: the score of the whole merge minus that of the merge without it.

    `method`, `in_family` and `verdict` are as in the uplift of a model. A family is one ingredient
    on all benchmarks. `better`: the merge is better with the ingredient."""

    difference: Bounded
    p: float
    in_family: Bounded
    p_in_family: float
    verdict: Literal["better", "worse", "no clear difference"]
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    items: int


class GroupGain(TypedDict):
    """What the merges of a group gained, in points of the board (0 to 100).

    - `better`, `worse`, `unclear`: how many have a 95 % interval above zero, below it or around it.
      Of merges that gained nothing, one in twenty leaves zero out by chance. A merge whose error is
      unknown is unclear.
    - `mean`, `low`, `high`: the mean gain, with a 95 % interval from the spread between merges; of
      a single merge its own interval. Merges with the same parents are not independent.
    - `share_better`: the share of merges that gained at all, clearly or not."""

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float


class HistoryPoint(TypedDict):
    """The place at the end of a day, `of` so many that had one, and the mean."""

    day: str
    place: int
    of: int
    mean: float


class IngredientScore(TypedDict):
    """A score in points of the board, and the result that it comes from."""

    value: float
    low: float | None
    high: float | None
    benchmark: str
    result: int


class Interval(TypedDict):
    """A value and the ends of its 95 % interval; null if its error is unknown."""

    value: float
    low: float | None
    high: float | None


class ItemPage(TypedDict):
    """Sorted by hash."""

    items: list[ItemScore]
    next_cursor: str | None


class ItemScore(TypedDict):
    """The score of one item; the same hash is the same item in another model's result."""

    doc_hash: str
    score: float


class KinMerge(TypedDict):
    """A merge of one or more of the ingredients, and what it gained over its best ingredient."""

    model: str
    method: str
    ingredients: list[str]
    gain: Interval
    verdict: Literal["better", "worse", "no clear difference"]


class LeftOut(TypedDict):
    """How many models or groups were not considered, and why."""

    reason: str
    count: int


class LicenceAgreement(TypedDict):
    """Whether a merge can keep the licences of all ingredients and of the base, and why not.

    It is a help for people who decide, not legal advice."""

    verdict: Literal["agree", "unknown", "conflict"]
    reasons: list[str]


class ListedBoard(TypedDict):
    """A board in a list; `ranked` counts the models that have a rank on it now."""

    name: str
    title: str
    summary: str
    domains: list[str]
    owner: str | None
    columns: list[ColumnOutput] | ChosenOutput
    normalisation: Literal["guess", "none"]
    below_guess: Literal["zero", "negative"]
    missing: Literal["no mean and no rank"]
    version: int
    ranked: int


class MeanComparison(TypedDict):
    """The mean over some benchmarks, for models that have all of them."""

    benchmarks: list[str]
    scores: list[Interval | None]
    differences: list[Difference | None]


class MeanUplift(TypedDict):
    """Uplift of the plain mean over the settings (`over`) that all measured parents have."""

    score: Interval
    parents: list[ParentComparison]
    best_parent: ParentComparison | None
    parents_mean: Comparison | None
    over: list[Setting]


class Measured(TypedDict):
    """A value and the ends of its 95 % interval, which are null if its error is unknown."""

    value: float
    low: float | None
    high: float | None


class MergeGain(TypedDict):
    """What one merge gained; `others` are what it was compared with.

    `score` and `gain` are in points of the board."""

    model: str
    precision: str
    method: str
    base: str
    others: list[str]
    score: float
    other_score: float
    gain: Interval
    verdict: Literal["better", "worse", "no clear difference"]


class MergeGains(TypedDict):
    """Merges, those that gained most first."""

    items: list[MergeGain]
    next_cursor: str | None
    board: str
    as_of: int
    against: Literal["best", "mean", "base"]
    matching: int


class MethodGain(TypedDict):
    """All merges by one method; `unknown` are those of which no one knows how they were made."""

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float
    method: str


class ModelComparison(TypedDict):
    """Models on a board, each compared with the first.

    The differences of one model over all benchmarks are a family, and those over all domains."""

    board: str
    as_of: int
    models: list[ComparedModel]
    benchmarks: list[BenchmarkComparison]
    domains: list[DomainComparison]
    mean: MeanComparison


class Parent(TypedDict):
    """A parent by lineage; `measured`: it has a result that is comparable with the model's."""

    model: str
    role: str
    relation: str
    weight: float | None
    measured: bool


class ParentComparison(TypedDict):
    """`roles`: what the parent was in the merge (base, ingredient or both)."""

    difference: Interval
    p: float | None
    in_family: Interval
    p_in_family: float | None
    verdict: Literal["better", "worse", "no clear difference"]
    reason: str | None
    method: Literal["mcnemar", "paired-bootstrap", "unpaired"]
    paired: bool
    items: int
    score: Interval
    precision: str | None
    model: str
    roles: list[str]


class Rank(TypedDict):
    """The place by mean, and the best and the worst place of its 95 % interval.

    The ends are null until they are computed, and where the error of a score is unknown."""

    place: int
    best: int | None
    worst: int | None


class RankHistory(TypedDict):
    """By day, without the days on which the model had no place; the last one is today's so far."""

    board: str
    model: str
    points: list[HistoryPoint]


class RankMethod(TypedDict):
    """How the intervals were made, and of which state of the results; null: not computed yet.

    `read_at`: when the hub read that state. If `as_of` is less than that of the board, the board
    is very large and the intervals are of earlier results: their ends are the places that the
    means at their ends have now, and a model whose mean or error has changed has none yet."""

    method: Literal["bootstrap"]
    replicates: int | None
    seed: int
    as_of: int | None
    read_at: str | None


class Recommendation(TypedDict):
    """Models that complement each other.

    - `potential`: the weighted mean of the best of them on each benchmark, in points, with scores
      shrunk by their standard errors. `best_single`: that of the best one alone.
    - `complement`: the difference; `complement_error`: its standard error, null if unknown."""

    ingredients: list[RecommendedModel]
    potential: float
    best_single: float
    complement: float
    complement_error: float | None
    why: list[str]
    shared_base: str
    licence: LicenceAgreement
    similar: SimilarMerges | None
    kin: list[KinMerge]


class Recommendations(TypedDict):
    """Groups of models on a base that are worth merging, those with the most potential first.

    - `weights`: how much each benchmark of the board counts; they add up to 1.
    - `candidates`: models on the base that could be ingredients.
    - `method`: what to begin with; null if there is too little evidence for any.
    - `evidence`: how much is known of similar merges; `note` says what that means."""

    base: str
    domain: str | None
    board: str
    as_of: int
    evidence: Literal["plenty", "some", "little", "none"]
    note: str
    candidates: int
    left_out: list[LeftOut]
    weights: dict[str, float]
    method: str | None
    items: list[Recommendation]


class RecommendedModel(TypedDict):
    """A model to merge. `score` is its weighted mean, and `leads` where it is the best of all."""

    model: str
    precision: str
    licence: str | None
    score: float
    scores: list[IngredientScore]
    leads: list[str]


class Release(TypedDict):
    """A board as it was; a release never changes. `digest` is that of its whole content.

    `as_of` says of which state of the results it is."""

    board: str
    number: int
    title: str
    created_at: str
    as_of: int
    digest: str
    models: int
    citation: Citation
    url: str


class ReleaseContent(TypedDict):
    """The rules and the columns of the board as they were."""

    board: BoardInfo
    columns: list[BoardColumn]
    ranked: int
    ranks: ReleaseRanks


class ReleaseDetail(TypedDict):
    board: str
    number: int
    title: str
    created_at: str
    as_of: int
    digest: str
    models: int
    citation: Citation
    url: str
    content: ReleaseContent


class ReleasePage(TypedDict):
    """The newest first."""

    items: list[Release]
    next_cursor: str | None


class ReleaseRanks(TypedDict):
    method: Literal["bootstrap"]
    replicates: int
    seed: int


class ReleasedRows(TypedDict):
    """The rows as they were, in the board's order."""

    items: list[Standing]
    next_cursor: str | None


class Reported(TypedDict):
    """A row of which there is something to say; `line` is 0 if the row has none.

    `place` names the file, and the line in it or a JSON pointer; null if the row names none."""

    line: int
    place: str | None
    model: str
    benchmark: str
    why: str


class ReportedRows(TypedDict):
    """How many rows; `items` are the first 1,000 of them, by line."""

    count: int
    items: list[Reported]


class Result(TypedDict):
    """One result, on its metric's scale: 0 to 1 for a share of items.

    - `revision`: a digest of the content or a commit; empty if unknown. `precision` likewise.
    - `subtask`: empty for the whole benchmark.
    - `source`: `verified` if a worker of this hub measured it in `run`, `community` if whoever
      imported it did, `imported` if it comes from elsewhere; `origin` says from where.
    - `full`: the run had all items of the benchmark, as far as one knows. Boards need that.
    - `current`: no newer score of the same thing is known, and it is not withdrawn.
    - `doubt`: what was odd about it when it was imported."""

    benchmark: str
    version: str
    metric: str
    shots: int | None
    id: int
    model: str
    revision: str
    precision: str
    subtask: str
    chat_template: bool | None
    task_hash: str | None
    score: Measured
    stderr: float | None
    count: int | None
    full: bool
    seed: int | None
    source: Literal["verified", "community", "imported"]
    origin: str
    account: str | None
    harness: str
    harness_version: str
    run: str | None
    evaluated_at: str | None
    created_at: str
    current: bool
    withdrawn: Withdrawn | None
    doubt: str | None


class ResultDetail(TypedDict):
    """A result with its evidence.

    - `run_url`: the run that measured it, on this hub.
    - `items`: how many item scores are kept; `GET /v1/results/{id}/items` has them.
    - `also_from`: other origins that state the same.
    - `claims`: what its origin says of the model itself; lineage may know better."""

    benchmark: str
    version: str
    metric: str
    shots: int | None
    id: int
    model: str
    revision: str
    precision: str
    subtask: str
    chat_template: bool | None
    task_hash: str | None
    score: Measured
    stderr: float | None
    count: int | None
    full: bool
    seed: int | None
    source: Literal["verified", "community", "imported"]
    origin: str
    account: str | None
    harness: str
    harness_version: str
    run: str | None
    evaluated_at: str | None
    created_at: str
    current: bool
    withdrawn: Withdrawn | None
    doubt: str | None
    run_url: str | None
    items: int
    also_from: list[str]
    claims: dict[str, Any] | None


class ResultFileReport(TypedDict):
    """The report on a file, and the format that it was read as.

    The format of an archive names those of its files, as in `zip of lm-eval, table`.
    `mapping`: what the columns of a table were taken for, if that was guessed."""

    dry_run: bool
    added: int
    repeated: int
    replaced: int
    skipped: ReportedRows
    doubtful: ReportedRows
    models_new: int
    benchmarks_new: list[str]
    format: str
    mapping: dict[str, Any] | None


class ResultImport(TypedDict):
    """At most 10,000 rows, which have at most 200,000 item scores among them.

    `origin` says where the rows come from: a file's name or a URL. Rows that one account imports
    with one origin can be withdrawn together."""

    source: NotRequired[Literal["community", "imported"]]
    origin: str
    dry_run: NotRequired[bool]
    results: list[ResultRow]


class ResultImportReport(TypedDict):
    """What became of the rows: each was added, was repeated, or is among the skipped.

    - `added`: new facts. `replaced` of them are now shown instead of an older score of the same
      thing, which is kept as history.
    - `repeated`: the hub knew the fact; it is one, however often it is stated.
    - `doubtful`: rows that were taken in although something about them is odd, with the reason.
    - `models_new`: models of which these are the first results; `benchmarks_new` are the
      benchmarks that the hub had not heard of."""

    dry_run: bool
    added: int
    repeated: int
    replaced: int
    skipped: ReportedRows
    doubtful: ReportedRows
    models_new: int
    benchmarks_new: list[str]


class ResultOrigin(TypedDict):
    """A file or address that results were imported from, and who did."""

    origin: str
    account: str | None
    source: str
    first_import: str


class ResultOriginPage(TypedDict):
    """Newest first."""

    items: list[ResultOrigin]
    next_cursor: str | None


class ResultPage(TypedDict):
    """Newest first."""

    items: list[Result]
    next_cursor: str | None


class ResultRow(TypedDict):
    """One score of one model on one benchmark; what is null or left out is unknown.

    - `model`: as the file has it; `revision`: a commit or a digest of the content.
    - `benchmark`: a name, title, alias or task that the hub knows, or any other name.
    - `value`: on the metric's scale, 0 to 1 for a share of items.
    - `count`, `of`: how many items were scored, and how many the benchmark has. `limited` says
      that there were fewer; by default that follows from the two.
    - `shots`, `chat_template`, `task_hash`: conditions that scores must share to be compared.
    - `items`: the score of each item by its `doc_hash`.
    - `line`: the row's line in its file, for the report; by default, its number among the rows.
    - `place`: the same for people, who read it in the report and in doubts about other rows: a file
      with a line or a JSON pointer, as in `runs.zip/a/table.csv:12` or `a.json#/results/gsm8k`."""

    model: str
    revision: NotRequired[str | None]
    precision: NotRequired[str | None]
    benchmark: str
    version: NotRequired[str | None]
    subtask: NotRequired[str | None]
    metric: NotRequired[str | None]
    value: float
    stderr: NotRequired[float | None]
    count: NotRequired[int | None]
    of: NotRequired[int | None]
    limited: NotRequired[bool | None]
    shots: NotRequired[int | None]
    chat_template: NotRequired[bool | None]
    harness: NotRequired[str | None]
    harness_version: NotRequired[str | None]
    task_hash: NotRequired[str | None]
    seed: NotRequired[int | None]
    evaluated_on: NotRequired[str | None]
    items: NotRequired[list[list[Any]] | None]
    claims: NotRequired[Claims | None]
    line: NotRequired[int | None]
    place: NotRequired[str | None]


class ResultWithdrawal(TypedDict):
    """Results that count no more. They stay in the history, with the reason.

    - `results`: how many they were.
    - `moderated`: a moderator withdrew them, so importing them again does not bring them back."""

    id: int
    origin: str
    account: str | None
    reason: str
    results: int
    moderated: bool
    withdrawn_by: str
    withdrawn_at: str
    restored_by: str | None
    restored_at: str | None


class ResultWithdrawalCreate(TypedDict):
    """Which results: all of one origin, or a single one.

    `account` is who imported them, by default the caller."""

    origin: NotRequired[str | None]
    account: NotRequired[str | None]
    result: NotRequired[int | None]
    reason: str


class ResultWithdrawalPage(TypedDict):
    """Newest first."""

    items: list[ResultWithdrawal]
    next_cursor: str | None


class ResultWithdrawn(TypedDict):
    """A new withdrawal. `more`: the origin has more results; ask again."""

    id: int
    origin: str
    account: str | None
    reason: str
    results: int
    moderated: bool
    withdrawn_by: str
    withdrawn_at: str
    restored_by: str | None
    restored_at: str | None
    more: bool


class Score(TypedDict):
    """A model's score on the board, from 0 to 100, and the points gained over its best ingredient.

    `score` is null if the model lacks a benchmark, and `uplift` if the model or one of its
    ingredients has no score, or if it is no merge."""

    model: str
    score: float | None
    uplift: float | None
    changed_at: str


class ScorePage(TypedDict):
    """Scores in the order in which they changed.

    Ask again with `after` = `next_after`, now or in a year. If `newest` is smaller than `after`,
    the board was restored from a backup: begin again at 0."""

    items: list[Score]
    next_after: int
    newest: int
    has_more: bool


class Setting(TypedDict):
    """The conditions that two scores must share to be compared."""

    benchmark: str
    version: str
    metric: str
    shots: int | None


class SimilarMerges(TypedDict):
    """What merges on the same base gained over their best ingredient.

    `method`: only merges by the method that lifts most for certain; null: by all methods."""

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float
    method: str | None


class SizeFacet(TypedDict):
    value: SizeRange
    models: int


class SizeRange(TypedDict):
    """Billions of parameters: more than `min`, at most `max`; null: any."""

    min: float
    max: float | None


class Standing(TypedDict):
    """A model in one precision; `scores` and `missing` are by benchmark.

    A model that lacks a column has no mean and no rank, and comes after those that have both.
    `merged`, `method` and all other facts of the model come from lineage, not from the author's
    word; null: lineage does not know. `claimed` names those that lineage does not know and that an
    import of results claims. `base` are the ancestors that have no parents. `uplift` is the mean
    minus that of the best ingredient."""

    rank: Rank | None
    model: str
    revision: str | None
    precision: str | None
    merged: bool | None
    method: str | None
    base: list[str]
    family: str | None
    parameters: int | None
    licence: str | None
    domains: list[str]
    flags: list[str]
    made_on: str | None
    claimed: list[Literal["family", "licence", "parameters"]]
    mean: BoardMean | None
    uplift: float | None
    scores: dict[str, BoardScore]
    missing: list[str]


class Suggestion(TypedDict):
    """A `value` of a filter that the hub does not know, and the names that are like it."""

    filter: Literal["base", "family"]
    value: str
    near: list[str]


class Uplift(TypedDict):
    """A merge against its parents; `precision`: of the model's results, mostly."""

    model: str
    precision: str
    merged: bool
    method: str | None
    parents: list[Parent]
    benchmarks: list[BenchmarkUplift]
    domains: list[DomainUplift]
    mean: MeanUplift | None


class UpliftTable(TypedDict):
    """`rows` are methods and `columns` bases, those with the most merges first.

    - `cells`: those that have merges. `by_method` and `by_base` have whole rows and columns,
      `total` has everything; they count bases that are not shown, too.
    - `omitted`: bases that are not shown.
    - `how`: how merges were compared."""

    board: str
    as_of: int
    against: Literal["best", "mean", "base"]
    rows: list[str]
    columns: list[str]
    cells: list[CellGain]
    by_method: list[MethodGain]
    by_base: list[BaseGain]
    total: GroupGain | None
    omitted: int
    how: str


class Withdrawn(TypedDict):
    """Why a result does not count."""

    id: int
    reason: str
    withdrawn_by: str
    withdrawn_at: str


class Problem(TypedDict):
    """The body of every error answer. `code` is stable; `type` is the page that explains it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class FieldFault(TypedDict):
    """One fault in a request; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is the line in a recipe's text, if it is known."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None
    line: int | None
