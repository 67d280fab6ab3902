"""Files as relations of DuckDB: each with the options under which no row is lost or changed silently."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from ..core.errors import SourceError
from ..core.numbers import compiled
from ..text.cleaning import for_log_line
from .duckdb_session import DuckDBSession, file_literal, literal, quoted
from .json_sample import JsonSamples
from .row_files import RowFile, is_array
from .table_values import DUPLICATES, Kind
from .utf8_files import opened

logger = logging.getLogger(__name__)

BLANK = "__blank"
"""The column that is true for a line of JSON that is no object."""

ID = "__id"
"""The column of a row's id as text."""

RESERVED = frozenset((BLANK, ID, DUPLICATES))
"""Names of columns that files may not use: one that has such a name is not read."""

_DELIMITERS = ",;\t|"
_QUOTED = r'"[^"]*"?'
# Without BOOLEAN, for which a column of f alone is false.
_CSV_TYPES = "['NULL', 'BIGINT', 'DOUBLE', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR']"
_JSON_TYPES: dict[Kind, str] = {
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "time": "VARCHAR",
    "text": "VARCHAR",
}


@dataclass(slots=True)
class FileRelation:
    """All files of a table as one relation.

    Attributes:
        parts: the SQL of each; their columns are united by name.
        known: what is known of columns beyond DuckDB's types: text in JSON that states times.
        is_stored: whether the files are read in any part and order without reading all, as Parquet is.
        types: DuckDB's types of the columns.
    """

    parts: list[str] = field(default_factory=list)
    known: Mapping[str, Kind] = field(default_factory=dict)
    is_stored: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The relation as SQL."""
        return "(" + " UNION ALL BY NAME ".join(f"SELECT * FROM {part}" for part in self.parts) + ")"


def file_relation(
    session: DuckDBSession, files: Sequence[RowFile], as_text: Sequence[str], samples: JsonSamples
) -> FileRelation:
    """Return files as a relation.

    Args:
        session: the session in which it is used.
        files: the files.
        samples: what is known of lines of JSON.
        as_text: columns whose values stay as they are written, such as ids with leading zeros.
    """
    found = FileRelation()
    parquet = [file.path for file in files if file.format == "parquet"]
    with _readable(session.name):
        lines = [file for file in files if _has_lines_of_json(file)]
        arrays = [file.path for file in files if file.format == "json" and file not in lines]
        found.parts += [_csv(session, file, as_text) for file in files if file.format == "csv"]
        found.parts += [f"read_json({file_literal(path)}, format = 'array')" for path in arrays]
        kinds = _kinds(lines, samples)
    if parquet:
        found.is_stored = not found.parts and not lines
        # Without the option the first file's types are those of all: 2.5 becomes 2 without a word.
        found.parts.append(f"read_parquet({_listed(parquet)}, union_by_name = true)")
    if kinds:
        found.known = {name: kind for name, kind in kinds.items() if kind == "time"}
        types = {name: "VARCHAR" if name in as_text else _JSON_TYPES[kind] for name, kind in kinds.items()}
        found.parts.append(_json([file.path for file in lines], types))
        if len(found.parts) == 1:
            found.types = {**types, BLANK: "BOOLEAN"}
            return found
    found.types = session.types(found.sql) if found.parts else {}
    return found


def kinds_of_lines(name: str, files: Sequence[RowFile], samples: JsonSamples) -> dict[str, Kind] | None:
    """Return what the columns of files hold that are lines of JSON alone; None of others.

    Args:
        name: the table's name, for errors.
        files: the files.
        samples: what is known of them.
    """
    with _readable(name):
        return _kinds(files, samples) if all(map(_has_lines_of_json, files)) else None


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except SourceError:
        raise
    except (OSError, EOFError) as error:
        raise SourceError(f"{name} cannot be read: {error}") from None


def _has_lines_of_json(file: RowFile) -> bool:
    return file.format == "json" and not is_array(file.path)


def _kinds(lines: Sequence[RowFile], samples: JsonSamples) -> dict[str, Kind]:
    return {name: kind for name, kind in samples.kinds(lines).items() if name not in RESERVED}


def _csv(session: DuckDBSession, file: RowFile, as_text: Sequence[str]) -> str:
    """Return the SQL for CSV with a header; lines that do not fit are skipped and counted."""
    # Nothing is guessed but types: DuckDB's guesses give up where rows differ, and take # for a comment.
    session.reads_csv = True
    quote = "''" if _has_open_quote(file) else "'\"'"
    options = f"header = true, store_rejects = true, quote = {quote}, escape = {quote}, comment = ''"
    options += f", {_form(file.path)}, auto_type_candidates = {_CSV_TYPES}"
    relation = f"read_csv({file_literal(file.path)}, {options}"
    present = [name for name in session.types(f"{relation})") if name in as_text]
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in present)
    return f"{relation}, types = {{{types}}})" if present else f"{relation})"


def _json(paths: Sequence[str], types: Mapping[str, str]) -> str:
    """Return the SQL for lines of JSON, with NULL for values of another type than those before."""
    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in types.items())
    options = f"format = 'newline_delimited', ignore_errors = true, columns = {{{columns}}}"
    blank = " AND ".join(f"{quoted(name)} IS NULL" for name in types)
    return f"(SELECT *, {blank} AS {BLANK} FROM read_json({_listed(paths)}, records = 'true', {options}))"


def _has_open_quote(file: RowFile) -> bool:
    """Return whether a quotation mark is never closed, and would swallow the rows behind it.

    The last line may still be written: it decides nothing.
    """
    count, end = 0, b""
    with opened(file.path) as content:
        while block := content.read(1 << 20):
            count += block.count(b'"')
            end = block if b"\n" in block else end + block
    is_open = count % 2 == 1 and end.rpartition(b"\n")[2].count(b'"') % 2 == 0
    if is_open:
        text = "%s: a quotation mark is never closed; lines with quoted delimiters are skipped until it is"
        logger.warning(text, for_log_line(file.name))
    return is_open


def _listed(paths: Sequence[str]) -> str:
    return f"[{', '.join(map(file_literal, paths))}]"


def _form(path: str) -> str:
    """Return the delimiter and the line end of a file, from its beginning."""
    with opened(path) as file:
        text = compiled(_QUOTED).sub("", file.read(1 << 16).decode("utf-8", "replace"))
    delimiter = max(_DELIMITERS, key=text.partition("\n")[0].count)
    ends_alike = text.count("\r\n") == text.count("\n") > 0
    return f"delim = {literal(delimiter)}" + (", new_line = '\\r\\n'" if ends_alike else "")
