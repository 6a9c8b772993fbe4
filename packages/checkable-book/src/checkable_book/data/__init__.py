"""The data of the book: its tables, the queries over them, and what the claims of its paper rest on."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkable_book.data.package import (
        as_text,
        check_data,
        column_unit,
        count_rows,
        describe_constraints,
        describe_table,
        key_columns,
        load_table,
        package_of,
        parse_table,
        peek_table,
        row_id,
        table_names,
        table_records,
        table_replaced,
    )

__all__ = [
    "as_text",
    "check_data",
    "column_unit",
    "count_rows",
    "describe_constraints",
    "describe_table",
    "key_columns",
    "load_table",
    "package_of",
    "parse_table",
    "peek_table",
    "row_id",
    "table_names",
    "table_records",
    "table_replaced",
]


def __getattr__(name: str) -> Any:
    # pandas and frictionless are imported when a table is asked for: a build without changes asks for none.
    if name in __all__:
        return getattr(import_module("checkable_book.data.package"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
