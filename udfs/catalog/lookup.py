"""Looking figures up: by platform, metric, model and conditions, as known on a day.

How one row is chosen
1. Rows known later than `as_of` are left out.
2. A team row wins over the shipped rows of the same key (a field it leaves blank covers all).
3. Of the vintages of one figure the newest wins, then the one of higher confidence.
4. Different figures are never chosen between by guessing: the metric may name default words
   (data/metrics.csv), otherwise AmbiguousKey names the words that decide.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from . import choice, spelling
from .baseline import Baseline
from .conditions import Request, meets_numbers, parse, words_of
from .dates import iso
from .errors import AmbiguousKey, UnknownKey
from .metrics import Metric
from .metrics import metric as metric_named
from .metrics import metrics as all_metrics

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Frontier: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], list[Baseline]]  # as `Catalog.frontier`


class Catalog:
    """An immutable set of figures.

    Parameters
    ----------
    rows : iterable of Baseline
        The figures; ids are unique.
    """

    def __init__(self, rows: Iterable[Baseline]) -> None:
        self.rows: tuple[Baseline, ...] = tuple(rows)
        self._by_metric: dict[str, list[Baseline]] = {}
        for row in self.rows:
            self._by_metric.setdefault(row.metric, []).append(row)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Baseline]:
        return iter(self.rows)

    @cached_property
    def date(self) -> str:
        """The newest `as_of`: the date of the catalogue."""
        return max((row.as_of for row in self.rows), default="")

    @cached_property
    def _by_id(self) -> dict[str, Baseline]:
        return {row.id: row for row in self.rows}

    def row(self, id: str) -> Baseline:
        """The row of an id.

        Raises
        ------
        UnknownKey
            with the nearest ids.
        """
        if id not in self._by_id:
            raise UnknownKey(f"unknown baseline id {id!r}{spelling.nearest(id, self._by_id)}")
        return self._by_id[id]

    def platforms(self, metric: str | None = None) -> list[str]:
        """The platforms of the catalogue (of a metric), in the order of the tables."""
        rows = self.rows if not metric else self._by_metric.get(metric_named(metric).id, [])
        return list(dict.fromkeys(row.platform for row in rows if row.platform))

    def models(self, metric: str | None = None) -> list[str]:
        """The models of the catalogue (of a metric)."""
        rows = self.rows if not metric else self._by_metric.get(metric_named(metric).id, [])
        return list(dict.fromkeys(row.model for row in rows if row.model))

    def tiers(self) -> list[str]:
        """The tiers of the catalogue, in the order of the tables."""
        return list(dict.fromkeys(row.tier for row in self.rows if row.tier))

    def metrics(self) -> list[str]:
        """The metrics that have rows, in the order of data/metrics.csv."""
        return [name for name in all_metrics() if name in self._by_metric]

    def get(
        self,
        platform: str | None,
        metric: str,
        model: str | None = None,
        conditions: str | None = None,
        as_of: object = None,
    ) -> Baseline:
        """The one figure that answers.

        Parameters
        ----------
        platform : str
            Any usual spelling; empty for site, price and assumption metrics.
        metric : str
            Name of a metric.
        model : str, optional
            Any usual spelling.
        conditions : str, optional
            Words that must all be met: tier, shape ("8k/1k"), precision, framework, "at 50 tok/s/user".
        as_of : str or date, optional
            The day whose knowledge counts; default: everything known.

        Raises
        ------
        UnknownKey
            when nothing answers; the message names what comes near.
        AmbiguousKey
            when different figures answer; the message names the words that decide.
        """
        about = metric_named(metric)
        request = parse(conditions)
        rows = self._matching(about, platform, model, request, as_of)
        if not rows:
            raise UnknownKey(self._why_nothing(about, platform, model, request, as_of))
        return choice.one(about, choice.current(about, rows))

    def find(
        self,
        platform: str | None = None,
        metric: str | None = None,
        model: str | None = None,
        conditions: str | None = None,
        as_of: object = None,
        *,
        current: bool = False,
    ) -> list[Baseline]:
        """All rows that fit the given filters (none: every row); with `current` only the valid vintages."""
        found: list[Baseline] = []
        request = parse(conditions)
        names = [metric_named(metric).id] if metric else self.metrics()
        for name in names:
            about = all_metrics()[name]
            rows = self._matching(about, platform or None, model, request, as_of, any_platform=not platform)
            found += choice.current(about, rows) if current else rows
        return found

    def history(
        self,
        platform: str | None,
        metric: str,
        model: str | None = None,
        conditions: str | None = None,
    ) -> list[Baseline]:
        """Every vintage of a figure, oldest first."""
        about = metric_named(metric)
        request = parse(conditions)
        rows = self._matching(about, platform, model, request, None)
        if not rows:
            raise UnknownKey(self._why_nothing(about, platform, model, request, None))
        return sorted(rows, key=lambda row: (row.as_of, row.tier, row.conditions))

    def contradictions(self, row: Baseline) -> list[Baseline]:
        """Current rows that give another value for the same physical thing (other tier or other source)."""
        about = all_metrics()[row.metric]
        if not about.same_thing:
            return []
        same = [
            other
            for other in self._by_metric.get(row.metric, [])
            if (other.platform, other.model) == (row.platform, row.model)
        ]
        return [other for other in choice.current(about, same) if other.value != row.value]

    def citation(self, row: Baseline) -> str:
        """One line: value, unit, what it is, source, date, confidence, and who says otherwise."""
        about = all_metrics()[row.metric]
        details = (
            about.ownership if about.ownership != "none" else "",
            f"{about.tokens} tokens" if about.tokens in ("total", "input", "output", "cached input") else "",
            row.tier, row.model, row.shape, row.precision, row.framework,
            f"at {row.interactivity:.4g} tok/s/user" if row.interactivity else "",
            row.conditions, row.qualifier,
        )  # fmt: skip
        parts = [f"{row.value:.10g} {row.unit}", *dict.fromkeys(part for part in details if part)]
        line = (
            f"{', '.join(parts)}; {row.source} ({row.source_ref}), as of {row.as_of}, {row.kind}, "
            f"confidence {row.confidence}"
        )
        if row.is_team:
            line += f"; {row.origin}"
        if others := self.contradictions(row):
            line += "; others say " + choice.listed(f"{o.value:.10g} ({o.tier or o.source}, {o.as_of})" for o in others)
        return line

    def frontier(
        self,
        platform: str,
        model: str,
        shape: str,
        precision: str | None = None,
        as_of: object = None,
        conditions: str | None = None,
    ) -> Frontier:
        """The measured frontier of a platform: total throughput against speed per user.

        Parameters
        ----------
        platform, model : str
            Any usual spelling.
        shape : str
            "8k/1k" or "8192/1024".
        precision : str, optional
            "FP4" or "FP8"; needed when rows of several precisions exist.
        as_of : str or date, optional
            Only runs of that day and before.
        conditions : str, optional
            Further words, for instance "disaggregated", "aggregated", "mtp", "sample".

        Returns
        -------
        interactivity : ndarray, shape (points,)
            [tok/s/user], rising.
        throughput : ndarray, shape (points,)
            [tok/s/GPU] total tokens, falling: the upper-left Pareto front.
        rows : list of Baseline
            The row behind each point.

        Raises
        ------
        UnknownKey, AmbiguousKey
            as `get`.
        """
        import numpy as np

        about = metric_named("frontier_total_tok_s_per_gpu")
        request = parse(" ".join(part for part in (shape, precision, conditions) if part))
        rows = self._matching(about, platform, model, request, as_of)
        if not rows:
            raise UnknownKey(self._why_nothing(about, platform, model, request, as_of))
        rows = choice.current(about, rows)
        precisions = sorted({row.precision for row in rows})
        if len(precisions) > 1:
            raise AmbiguousKey(
                f"the frontier of {rows[0].platform} for {rows[0].model} {shape} exists in "
                f"{' and '.join(precisions)}; say which precision"
            )
        shapes = sorted({row.shape for row in rows})
        if len(shapes) > 1:
            raise AmbiguousKey(f"the frontier of {rows[0].platform} exists for {', '.join(shapes)}; say which shape")
        own = [row for row in rows if row.is_team]  # a frontier is one campaign: the team's stands alone
        front = choice.front(own or choice.prefer(about, rows))
        return (
            np.array([speed for speed, _ in front]),
            np.array([row.value for _, row in front]),
            [row for _, row in front],
        )

    def diff(
        self,
        date_a: object,
        date_b: object,
        platform: str | None = None,
        metric: str | None = None,
        model: str | None = None,
        conditions: str | None = None,
    ) -> list[dict[str, object]]:
        """What was known on `date_b` and not, or differently, on `date_a`.

        Frontier points are compared only when their metric is asked for: a new run is a new point. A team
        row that takes over several shipped figures is a change of each, under the words of the shipped one.

        Returns
        -------
        list of dict
            change ("new" or "changed"; a figure once known stays known), platform, metric, model, words,
            value_a, as_of_a, value_b, as_of_b, unit, ratio, source, origin.
        """
        names = [metric_named(metric).id] if metric else self.metrics()
        changes: list[dict[str, object]] = []
        for name in names:
            about = all_metrics()[name]
            if name.startswith("frontier") and not metric:
                continue
            before, after = (
                {
                    choice.series_of(about, row): row
                    for row in self.find(platform, name, model, conditions, day, current=True)
                }
                for day in (date_a, date_b)
            )
            gone = [old for series, old in before.items() if series not in after]
            for series, new in after.items():
                same = [before[series]] if series in before else []
                replaced = [old for old in gone if new.is_team and choice.covers(new, old)]
                changes += [choice.change(old, new) for old in (*same, *replaced) if old.value != new.value]
                if not (same or replaced):
                    changes.append(choice.change(None, new))
        return changes

    def to_frame(self) -> pd.DataFrame:
        """All rows as a pandas DataFrame, for notebooks."""
        import pandas as pd

        return pd.DataFrame([row.as_dict() for row in self.rows])

    # -- inside ------------------------------------------------------------------------------------------

    def _matching(
        self,
        about: Metric,
        platform: str | None,
        model: str | None,
        request: Request,
        as_of: object,
        *,
        any_platform: bool = False,
    ) -> list[Baseline]:
        name = self._platform(platform) if platform else ""
        model_name = self._model(model) if model else ""
        day = iso(as_of) if as_of not in (None, "") else ""
        wanted = set(request.words)
        return [
            row
            for row in self._by_metric.get(about.id, [])
            if (any_platform or row.platform == name)
            and (not model_name or row.model == model_name)
            and (not day or row.as_of <= day)
            and meets_numbers(row, request)
            and (not wanted or wanted <= words_of(row))
        ]

    def _platform(self, text: str) -> str:
        own = {spelling.normal(name): name for name in self._own_platforms}
        found = spelling.find_platform(str(text)) or own.get(spelling.normal(str(text)))
        if found is None:
            raise UnknownKey(f"unknown platform {str(text)!r}{spelling.platform_hint(str(text), self._own_platforms)}")
        return found

    def _model(self, text: str) -> str:
        own = {spelling.normal(name): name for name in self._own_models}
        found = spelling.find_model(str(text)) or own.get(spelling.normal(str(text)))
        if found is None:
            raise UnknownKey(f"unknown model {str(text)!r}{spelling.model_hint(str(text), self._own_models)}")
        return found

    @cached_property
    def _own_platforms(self) -> list[str]:
        return self.platforms()

    @cached_property
    def _own_models(self) -> list[str]:
        return self.models()

    def _why_nothing(
        self, about: Metric, platform: str | None, model: str | None, request: Request, as_of: object
    ) -> str:
        """Take the filters away one by one and say at which one the rows were lost."""
        nothing = Request(None, None, None, None, ())
        rows = self._by_metric.get(about.id, [])
        subject = about.id
        if not rows:
            return f"{subject}: the catalogue has no row of this metric"
        if not platform and "platform" in about.per:
            return f"{subject} is kept per platform; name one of {choice.listed(self.platforms(about.id))}"
        if platform:
            name = self._platform(platform)
            if "platform" not in about.per and not any(row.platform == name for row in rows):
                return f"{subject} is not kept per platform; leave the platform empty"
            subject = f"{about.id} of {name}"
            rows = self._matching(about, platform, None, nothing, None)
            if not rows:
                return f"no {subject}; the catalogue has it for {choice.listed(self.platforms(about.id))}"
        else:
            rows = self._matching(about, platform, None, nothing, None)
        if model:
            with_model = [row for row in rows if row.model == self._model(model)]
            if not with_model:
                models = dict.fromkeys(row.model for row in rows if row.model)
                hint = f"it exists for {choice.listed(models)}" if models else "it does not depend on a model"
                return f"no {subject} for {self._model(model)}; {hint}"
            rows, subject = with_model, f"{subject} for {self._model(model)}"
        fitting = [row for row in rows if meets_numbers(row, request)]
        if not fitting:
            points = choice.listed(dict.fromkeys(map(choice.point, rows)))
            return f"no {subject} at those conditions; it exists at {points}"
        wanted = set(request.words)
        meeting = [row for row in fitting if wanted <= words_of(row)]
        if not meeting:
            known = sorted(set().union(*map(words_of, fitting)))
            missing = [word for word in request.words if word not in known] or list(request.words)
            close = difflib.get_close_matches(missing[0], known, n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else f"words it knows: {choice.listed(known, 20)}"
            return f"no {subject} is described by {' '.join(missing)!r}; {hint}"
        first = min(row.as_of for row in meeting)
        return f"no {subject} was known on {iso(as_of)}; the first is of {first}"
