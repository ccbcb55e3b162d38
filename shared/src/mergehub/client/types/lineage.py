"""Bodies of the lineage. Written by `make documents`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Claim(TypedDict):
    """What another source says about a parent; the graph shows a stronger claim.

    `confidence` (0 to 100) is how far the source is trusted, and `evidence` where it says so."""

    parent: str
    name: str
    child_digest: str | None
    parent_digest: str | None
    role: str
    relation: str
    method: str | None
    weight: float | None
    density: float | None
    layers: list[list[Any]] | None
    source: str
    confidence: int
    evidence: str | None
    made_on: str | None
    created_at: str


class CommonAncestor(TypedDict):
    """`distances`: from each of the models, in the order of the question."""

    id: str
    name: str
    distances: list[int]
    children_count: int


class CommonAncestors(TypedDict):
    """What all of the models came from, nearest first; `nearest` is the first, by `rule`."""

    models: list[Named]
    nearest: CommonAncestor | None
    rule: str
    items: list[CommonAncestor]
    truncated: bool
    next_cursor: str | None
    as_of: int


class Contamination(TypedDict):
    """The flags of the model and of its ancestors, nearest first."""

    model: Named
    flags: list[InheritedFlag]
    truncated: bool
    as_of: int


class Correction(TypedDict):
    """A value that was taken for another one."""

    line: int
    field: str
    was: str
    now: str
    reason: str


class Dates(TypedDict):
    """The first and the last day on which models were made; of `unknown` models no day is known."""

    first: str | None
    last: str | None
    unknown: int


class Edge(TypedDict):
    """`child` came from `parent`; digests name the revisions, if they are known.

    The `id` names the edge when a moderator withdraws it.
    `source` is where this was learned, `confidence` (0 to 100) how sure it is, and `evidence` where
    it is written. `made_on` is when the child was made, null if this is not known."""

    id: int
    child: str
    parent: str
    child_digest: str | None
    parent_digest: str | None
    relation: str
    role: str
    method: str | None
    weight: float | None
    density: float | None
    layers: list[list[Any]] | None
    recipe_version: str | None
    run: str | None
    source: str
    confidence: int
    evidence: str | None
    made_on: str | None


class EdgeCounts(TypedDict):
    """`strengthened`: the row is now what the graph shows; `weaker`: it is kept beside that."""

    added: int
    known: int
    strengthened: int
    weaker: int
    skipped: int


class Facet(TypedDict):
    """A value to filter by, and how many models have it; null: they have none."""

    value: str | None
    models: int


class Facets(TypedDict):
    """What a map can be filtered by, with the number of models that have it; most first.

    - `methods`, `relations`: of the edges to the parents of a model.
    - `kinds`: what the models of a map are, such as `original` or `merge`.
    - `more`: values that are left out, as a list has at most 200."""

    methods: list[Facet]
    relations: list[Facet]
    licences: list[Facet]
    domains: list[Facet]
    kinds: list[Facet]
    made_on: Dates
    more: More
    as_of: int


class FactsPage(TypedDict):
    """Models in the order in which they changed, each once.

    Ask again with `after` = `next_after`, now or in a year. If `newest` is smaller than `after`,
    the hub was restored from a backup: begin again at 0."""

    items: list[ModelFacts]
    next_after: int
    newest: int
    has_more: bool


class FactsParent(TypedDict):
    """A parent of a model, as the edge says that counts most between the two in this role."""

    id: str
    name: str
    relation: str
    role: str
    method: str | None
    weight: float | None


class Flag(TypedDict):
    """A warning about a model, by whom it was set, and whether it was cleared."""

    id: int
    kind: str
    reason: str
    evidence: str | None
    set_by: str
    set_at: str
    cleared_by: str | None
    cleared_at: str | None


class FlagCreate(TypedDict):
    kind: Literal["contaminated"]
    reason: str
    evidence: NotRequired[str | None]


class GraphState(TypedDict):
    """How new the graph is, and how new its scores are; null if no score is known."""

    as_of: int
    scores_as_of: str | None


class GroupKinship(TypedDict):
    """How the models of a group are related, by `rule`.

    - `compared`: those whose origin is known, as the question names them.
    - `apart`: those of them that did not come from the group's base, if the hub knows that.
    - `shared`: the nearest model that all of them came from."""

    compared: list[str]
    apart: list[str]
    shared: Named | None


class ImportCreate(TypedDict):
    """At most 10,000 rows. Importing the same rows again changes nothing."""

    source: NotRequired[str]
    dry_run: NotRequired[bool]
    edges: NotRequired[list[ImportedEdge]]
    models: NotRequired[list[ImportedModel]]


class ImportReport(TypedDict):
    """What became of the rows. `would_add`: the models that a dry run has not added."""

    dry_run: bool
    edges: EdgeCounts
    models: ModelCounts
    would_add: list[str]
    corrected: list[Correction]
    skipped: list[Skipped]


class ImportedEdge(TypedDict):
    """`child` came from `parent`."""

    child: str
    parent: str
    relation: NotRequired[
        Literal["merge", "finetune", "adapter", "quantized", "distilled", "unknown"]
    ]
    role: NotRequired[Literal["base", "ingredient"] | None]
    method: NotRequired[str | None]
    weight: NotRequired[float | None]
    density: NotRequired[float | None]
    layers: NotRequired[list[list[Any]] | None]
    child_digest: NotRequired[str | None]
    parent_digest: NotRequired[str | None]
    made_on: NotRequired[str | None]
    evidence: NotRequired[str | None]
    source: NotRequired[str | None]
    line: NotRequired[int | None]


class ImportedModel(TypedDict):
    """Facts about a model; null says nothing."""

    name: str
    architecture: NotRequired[str | None]
    parameters: NotRequired[int | None]
    tokenizer: NotRequired[str | None]
    licence: NotRequired[str | None]
    domains: NotRequired[list[str]]
    made_on: NotRequired[str | None]
    line: NotRequired[int | None]


class Ingredient(TypedDict):
    """A model that the hub knows; `asked` is how the question names it.

    - `parameters`: how many weights it has, null if the hub does not know.
    - `originals`: the models without parents that it came from, at most three.
    - `flags`: the nearest flags of it and its ancestors, at most ten."""

    id: str
    name: str
    asked: str
    parameters: int | None
    originals: list[Named]
    flags: list[InheritedFlag]


class IngredientGroup(TypedDict):
    """Models that are merged with one another, and the base of their task vectors, if any."""

    models: list[str]
    base: NotRequired[str | None]


class Ingredients(TypedDict):
    """What is known of the models; `groups` are in the order of the question.

    `inherited` are the licences that a merge of all of them would inherit, at most fifty; the other
    three are of them: those that allow no merge to be passed on, those that are broken already, and
    those that no licence of the merge can keep both."""

    rule: str
    models: list[Ingredient]
    unknown: list[str]
    groups: list[GroupKinship]
    inherited: list[InheritedLicence]
    forbidding: list[InheritedLicence]
    conflicts: list[LicenceConflict]
    exclusions: list[LicenceExclusion]
    as_of: int


class IngredientsAsked(TypedDict):
    """The groups of a recipe; `models` are those in none of them, such as adapters."""

    groups: list[IngredientGroup]
    models: NotRequired[list[str]]


class InheritedFlag(TypedDict):
    """A flag; `path` leads from the model to the one on which it was set."""

    id: int
    kind: str
    reason: str
    evidence: str | None
    set_at: str
    path: list[Named]


class InheritedLicence(TypedDict):
    """`path` leads from the model to the nearest one with this licence; `count` have it."""

    licence: str
    path: list[Named]
    count: int


class Learned(TypedDict):
    """An edge that had been refused because it would have closed a cycle."""

    child: str
    child_name: str
    parent: str
    parent_name: str
    relation: str
    role: str


class LicenceConflict(TypedDict):
    """A licence that is broken.

    `path` leads from the model through the one that breaks it to one that has it; `by` is the first
    on the way down that breaks it, and `licence` its own."""

    broken: str
    reason: str
    by: Named
    licence: str
    path: list[Named]


class LicenceExclusion(TypedDict):
    """Two inherited licences that no licence of the model can keep both."""

    one: InheritedLicence
    other: InheritedLicence


class Licences(TypedDict):
    """What the model inherits, and what of it is broken, by `rule`.

    `forbidding` are the inherited licences that do not allow derived models to be passed on.
    `unknown`: how many of the model and its ancestors have no known licence."""

    model: Named
    licence: str | None
    rule: str
    inherited: list[InheritedLicence]
    forbidding: list[InheritedLicence]
    conflicts: list[LicenceConflict]
    exclusions: list[LicenceExclusion]
    unknown: int
    as_of: int


class ListedModel(TypedDict):
    """`former_name`: the name that was found, if the model has another one today."""

    id: str
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: str
    alias_of: str | None
    architecture: str | None
    parameters: int | None
    tokenizer: str | None
    licence: str | None
    domains: list[str]
    source: str | None
    made_on: str | None
    former_name: str | None


class Map(TypedDict):
    """A map in columns. `truncated`: `limit` left models out.

    `as_of` is the last change that it takes into account, and `scores_as_of` the last one of a
    score; null without a leaderboard."""

    as_of: int
    scores_as_of: str | None
    focus: str | None
    truncated: bool
    nodes: MapNodes
    edges: MapEdges
    clusters: list[MapCluster]
    kinds: list[str]
    families: list[str]
    licences: list[str | None]
    relations: list[str]
    methods: list[str | None]


class MapCluster(TypedDict):
    """So many children of a node, with this relation, that are not shown one by one."""

    parent: int
    relation: int
    count: int
    x: float
    y: float
    size: float


class MapEdges(TypedDict):
    """The edges of a map; `child` and `parent` are places among the nodes."""

    child: list[int]
    parent: list[int]
    relation: list[int]
    method: list[int]
    weight: list[float | None]


class MapNodes(TypedDict):
    """The models of a map, the most important first: a list for each fact.

    - `x`, `y`, `size`: the place of a node, and its radius.
    - `depth`: the layer; negative for ancestors of the focus.
    - `kind`, `family`, `licence`: places in the lists of the map.
    - `children`, `parents`: how many there are in all, shown or not.
    - `importance`: from 0 to 1, by the number of children.
    - `flagged`: 1 if a moderator has warned of the model.
    - `score`, `uplift`: from the leaderboard: the score from 0 to 100, and the points gained over
      the best ingredient; null without one."""

    id: list[str]
    name: list[str]
    x: list[float]
    y: list[float]
    size: list[float]
    depth: list[int]
    kind: list[int]
    family: list[int]
    licence: list[int]
    children: list[int]
    parents: list[int]
    importance: list[float]
    flagged: list[int]
    score: list[float | None]
    uplift: list[float | None]


class MethodsByMonth(TypedDict):
    """Sorted by month, then by method."""

    items: list[MonthCount]
    as_of: int


class ModelCounts(TypedDict):
    added: int
    changed: int


class ModelDetail(TypedDict):
    """A model with its names, revisions and flags, oldest first.

    `kind` says how the model was made: `original` without a known parent, or else the relation of
    its most trusted edge. `score` (0 to 100) and `uplift` over the best ingredient are those of the
    leaderboard's board `overall`, if there are any."""

    id: str
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: str
    alias_of: str | None
    architecture: str | None
    parameters: int | None
    tokenizer: str | None
    licence: str | None
    domains: list[str]
    source: str | None
    made_on: str | None
    kind: str
    score: float | None
    uplift: float | None
    names: list[ModelName]
    revisions: list[Revision]
    flags: list[Flag]
    claims: list[Claim]
    refused_parents: list[RefusedParent]
    withdrawn_parents: list[WithdrawnParent]


class ModelFacts(TypedDict):
    """A model as it is now, or was at a change that is listed after this page.

    - `kind`: what its main edge says: `merge`, `finetune`, `adapter`, `quantized`, `distilled`, or
      `unknown`; `original` for a model without parents.
    - `method`: how a merge was made.
    - `licence`: the identifier where it is known how the licence was meant, else as it was written.
    - `flags`: the kinds of the flags that are set on this model itself. It inherits those of its
      ancestors.
    - `parents`: without withdrawn edges; the main one first.
    - `position`: the place of its last change."""

    id: str
    name: str
    former_names: list[str]
    kind: str
    method: str | None
    architecture: str | None
    parameters: int | None
    licence: str | None
    domains: list[str]
    flags: list[str]
    made_on: str | None
    parents: list[FactsParent]
    position: int


class ModelName(TypedDict):
    name: str
    since: str


class ModelPage(TypedDict):
    """Sorted by name, or else the models that fit best first."""

    items: list[ListedModel]
    next_cursor: str | None


class ModelUpdate(TypedDict):
    """What is left out stays as it is; null removes a fact."""

    name: NotRequired[str | None]
    architecture: NotRequired[str | None]
    parameters: NotRequired[int | None]
    tokenizer: NotRequired[str | None]
    licence: NotRequired[str | None]
    domains: NotRequired[list[str] | None]
    made_on: NotRequired[str | None]


class MonthCount(TypedDict):
    """So many models were made by a method in a month, such as `2026-11`; null: it is not known."""

    month: str | None
    method: str | None
    count: int


class More(TypedDict):
    """How many more values there are than a list has."""

    methods: int
    licences: int
    domains: int


class Named(TypedDict):
    id: str
    name: str


class Neighbour(TypedDict):
    """A direct parent or child; what is said of the edge is the most certain claim."""

    id: str
    name: str
    children_count: int
    relation: str
    role: str
    method: str | None
    weight: float | None
    confidence: int
    made_on: str | None
    licence: str | None
    flagged: bool


class Neighbours(TypedDict):
    """Direct parents or children, those with the most children first.

    `total` and `counts` (by relation) are of all that the filter keeps, whatever `q` is."""

    items: list[Neighbour]
    total: int
    counts: dict[str, int]
    next_cursor: str | None
    as_of: int


class Node(TypedDict):
    """A model on a walk; `depth` is the length of the shortest path from the start.

    `side`: which of its relatives it is. The start is on the first side that was asked for."""

    id: str
    name: str
    depth: int
    side: str


class Pair(TypedDict):
    """Two ingredients, and how many models were made from both."""

    one: str
    one_name: str
    other: str
    other_name: str
    count: int


class Pairs(TypedDict):
    """The pair that is used most first."""

    items: list[Pair]
    as_of: int


class Paths(TypedDict):
    """All shortest paths between two models, in a fixed order; `nodes` and `edges` are theirs.

    `length` is the number of edges of each, null if there is no path. `count` is how many paths
    there are, at most 2^53 - 1."""

    start: str
    end: str
    length: int | None
    count: int
    paths: list[list[str]]
    nodes: list[Named]
    edges: list[Edge]
    truncated: bool
    next_cursor: str | None
    as_of: int


class PopularModel(TypedDict):
    """`count`: by how many models it was used, of those that were asked for."""

    id: str
    name: str
    children_count: int
    base_count: int
    ingredient_count: int
    created_at: str
    alias_of: str | None
    architecture: str | None
    parameters: int | None
    tokenizer: str | None
    licence: str | None
    domains: list[str]
    source: str | None
    made_on: str | None
    count: int


class PopularModels(TypedDict):
    """The most used model first; of equal ones, the one that has been known longer."""

    items: list[PopularModel]
    as_of: int


class RefusedParent(TypedDict):
    """A parent that was reported but is not in the graph, and why."""

    parent: str
    name: str
    relation: str
    role: str
    run: str | None
    source: str
    reason: str
    created_at: str


class Revision(TypedDict):
    id: str
    digest: str
    created_at: str


class Riser(TypedDict):
    """By how many models it was used in the last days, and in as many days before."""

    id: str
    name: str
    recent: int
    before: int


class Risers(TypedDict):
    """The model whose use grew most first."""

    items: list[Riser]
    as_of: int


class Share(TypedDict):
    id: str
    name: str
    share: float


class Shares(TypedDict):
    """How much of the model goes back to each origin (together 1), the largest first, by `rule`.

    `through`: how much of it came through each other ancestor."""

    model: Named
    rule: str
    origins: list[Share]
    through: list[Share]
    truncated: bool
    as_of: int


class Skipped(TypedDict):
    """A row that was not taken over; for a row about a model, `child` is its name."""

    line: int
    child: str
    parent: str | None
    code: Literal["empty-name", "malformed-name", "self-loop", "cycle", "withdrawn"]
    reason: str


class Walk(TypedDict):
    """The start (depth 0), the models that were reached from it, and every edge between them.

    On a later page: the next models, and their edges to each other and to those before.
    `truncated`: there is more, on the next page or beyond `max_depth`."""

    start: str
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool
    next_cursor: str | None
    as_of: int


class Withdrawal(TypedDict):
    """An edge that is in no answer, why, and by whom it was withdrawn.

    `learned`: the edges that were refused before, and that are in the graph now."""

    edge: int
    child: str
    parent: str
    parent_name: str
    relation: str
    role: str
    reason: str
    evidence: str | None
    withdrawn_by: str
    withdrawn_at: str
    learned: list[Learned]


class WithdrawalCreate(TypedDict):
    reason: str
    evidence: NotRequired[str | None]


class WithdrawnParent(TypedDict):
    """A parent that the graph had until a moderator withdrew the edge: why, and by whom.

    `evidence` is the moderator's. Another request can restore the `edge`."""

    edge: int
    parent: str
    name: str
    relation: str
    role: str
    method: str | None
    weight: float | None
    source: str
    confidence: int
    reason: str
    evidence: str | None
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
