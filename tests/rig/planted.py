"""Permission bugs planted on purpose, one at a time: what the rig must find.

Each is a slip that somebody could make: a condition left out, one right asked in place of another,
an old copy kept. `make rig-power` applies them to a scratch copy of the tree, never to this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bug:
    """One bug: `edits` are (file, text that is there, text put in its place)."""

    name: str
    breaks: str
    edits: tuple[tuple[str, str, str], ...]
    part: str = "sweep"  # of the rig, which is asked first: exact, sweep, writes or machine

    def plant(self, tree: Path) -> None:
        """Write it into a copy of the tree. Raises ValueError where the text is not there once."""
        for name, old, new in self.edits:
            file = tree / name
            text = file.read_text()
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {name} has {text.count(old)} times: {old}")
            file.write_text(text.replace(old, new))


def _one(name: str, breaks: str, file: str, old: str, new: str, part: str = "sweep") -> Bug:
    return Bug(name, breaks, ((file, old, new),), part)


POLICY, EDITS = "crm/access/policy.py", "crm/records/edits.py"
LIFE, MERGING = "crm/records/lifecycle.py", "crm/records/merging.py"
BUGS = (
    _one(
        "list without scope", "a page of a list read by one branch holds everybody's records",
        "crm/access/paging.py",
        "found = wanted.ordered(rows.filter(branch.flat()).filter(wanted.where))\n    if stretch",
        "found = wanted.ordered(rows.filter(wanted.where))\n    if stretch",
    ),
    _one(
        "count without scope", "the figure beside a list counts records out of reach",
        POLICY, "found = self.rows().filter(where)\n", "found = self._all.filter(where)\n",
        part="exact",
    ),
    _one(
        "record without scope", "a record opens to anybody who knows its id",
        POLICY, "load_rows(self, self.rows(action).filter(pk=pk), names)",
        "load_rows(self, self._all.filter(pk=pk), names)",
    ),
    Bug(
        "export as far as the view", "whoever views a record exports it",
        (
            ("crm/exchange/exporter.py", 'found = access.rows("export").filter(query.where)',
             "found = access.rows().filter(query.where)"),
            ("crm/exchange/exporter.py", 'allowed = access.rows("export").filter(pk__in=batch)',
             "allowed = access.rows().filter(pk__in=batch)"),
        ),
        part="exact",
    ),
    _one(
        "search in hidden fields", "a typed word finds a record by a field that is hidden",
        "crm/search/asking.py", "if field is None or path not in access.readable:\n",
        "if field is None:\n",
        part="exact",
    ),
    _one(
        "sort and filter by masked fields", "covered values tell themselves by order and condition",
        "crm/lists/conditions.py", "    if path not in access.readable:\n",
        "    if path not in access.visible:\n",
        part="exact",
    ),
    _one(
        "history of hidden fields", "the history of a record shows every field",
        "crm/records/changes.py", "if name not in access.visible or name in", "if name in",
    ),
    _one(
        "related block without its record", "the block of a record shows what hangs on others",
        POLICY,
        "return rows.filter(**self._hanging()) if self.through is not None else rows",
        "return rows",
        part="sweep",
    ),
    _one(
        "formula over hidden fields", "a computed field shows though its inputs are hidden",
        POLICY, "if open_inputs else State.HIDDEN", "if open_inputs or True else State.HIDDEN",
    ),
    _one(
        "shares never end", "a share goes on after its last day",
        "crm/access/sharing.py", "return Q(until__isnull=True) | Q(until__gt=Now())", "return Q()",
    ),
    _one(
        "reading is editing", "a share to read lets its holder edit",
        "crm/access/sharing.py", 'levels = ["change"] if action in EDITING else ["view", "change"]',
        'levels = ["view", "change"]',
        part="writes",
    ),
    Bug(
        "the departed stay", "sessions of whoever was deactivated go on",
        (
            ("accounts/services/people.py",
             "        locked.security_stamp = new_stamp()\n        save_as(actor, locked)\n"
             "        end_everything(locked)\n", "        save_as(actor, locked)\n"),
            ("accounts/middleware.py", "user is not None and user.is_active and _is_bound",
             "user is not None and _is_bound"),
            ("accounts/grants.py", "filter(pk=user_id, is_active=True)", "filter(pk=user_id)"),
        ),
        part="machine",
    ),
    Bug(
        "rights kept after a change", "who moves, or loses a role, keeps what he could before",
        (
            ("accounts/services/act.py",
             "        raise_rights_version()\n        require_administrator(actor)",
             "        require_administrator(actor)"),
            ("accounts/services/act.py",
             "        yield\n        raise_rights_version()\n", "        yield\n"),
        ),
        part="machine",
    ),
    _one(
        "deleted records", "what lies in the bin shows as if it were alive",
        POLICY, "rows = self.module.rows.filter(deleted_at__isnull=not self.is_bin)",
        "rows = self.module.rows.filter(deleted_at__isnull=False) if self.is_bin"
        " else self.module.rows",
    ),
    _one(
        "merge of what is only seen", "records that somebody may only read are merged by him",
        MERGING, 'found[pk] = access.lock(pk, "edit")', 'found[pk] = access.lock(pk, "view")',
        part="writes",
    ),
    _one(
        "board sums everything", "the figures over a board add up records out of reach",
        "crm/access/grouping.py",
        "rows = access.rows().filter(where).order_by().annotate(**columns)",
        "rows = access._all.filter(where).order_by().annotate(**columns)",
        part="exact",
    ),
    _one(
        "documents without their record", "a document opens to anybody who knows its id",
        "crm/documents/places.py", "    access = door_to(user, module)\n    access.get(pk, [])\n",
        "    access = door_to(user, module)\n",
        part="exact",
    ),
    _one(
        "viewing as somebody else writes", "an administrator changes what he looks at as another",
        "accounts/viewing.py", "if request.method not in SAFE:", "if request.method == 'TRACE':",
        part="writes",
    ),
    Bug(
        "import changes what is not his", "rows of a file change records out of reach",
        (
            ("crm/exchange/keys.py",
             "rows = self.access.rows().filter(number__in=numbers)",
             "rows = self.access.module.rows.filter(number__in=numbers)"),
            ("crm/records/bulk_changes.py",
             'locked = access.rows("edit").select_for_update(of=("self",)).filter(pk__in=ids)',
             'locked = access.module.rows.select_for_update(of=("self",)).filter(pk__in=ids)'),
        ),
        part="writes",
    ),
    Bug(
        "many edited beyond reach", "an edit of many records changes those that are only seen",
        (
            (EDITS, 'rows = access.rows("edit").select_for_update(of=("self",))',
             'rows = access.rows("view").select_for_update(of=("self",))'),
            ("crm/records/bulk_changes.py",
             'locked = access.rows("edit").select_for_update(of=("self",)).filter(pk__in=ids)',
             'locked = access.rows("view").select_for_update(of=("self",)).filter(pk__in=ids)'),
        ),
        part="writes",
    ),
    _one(
        "names out of reach", "a reference tells the name of a record that is out of reach",
        POLICY, 'rows = other.rows().filter(pk__in=ids).values_list("pk", title)',
        'rows = other.module.rows.filter(pk__in=ids).values_list("pk", title)',
    ),
    Bug(
        "restored by anybody", "what others deleted is brought back",
        (
            ("crm/records/restoring.py",
             'access_to(actor, module).in_bin().rows("delete").filter(pk__in=pks)',
             "module.rows.filter(deleted_at__isnull=False, pk__in=pks)"),
            ("crm/records/restoring.py",
             "    return {\n        (name, pk)\n        for name, ids in",
             "    return set(names) or {\n        (name, pk)\n        for name, ids in"),
        ),
        part="writes",
    ),
    _one(
        "reading tokens write", "a token for reading only changes records",
        "crm/api/doors.py",
        "if token is not None and request.method not in SAFE_METHODS and not token.may_write:",
        "if token is not None and request.method == 'TRACE':",
        part="writes",
    ),
    _one(
        "closed teams go on", "members of a team that is closed see each other's records",
        "accounts/grants.py", "team__is_active=True, team__members__user=self.user_id",
        "team__members__user=self.user_id",
        part="machine",
    ),
)  # fmt: skip
FEWEST_FOUND = len(BUGS) - len(BUGS) // 20  # 95 in 100
